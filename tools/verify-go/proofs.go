// Proofs: made from the folder's tiles and checked, all with Go's own code; and proof files
// (c2sp.org/tlog-proof@v1), which somebody else made.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const proofHeader = "c2sp.org/tlog-proof@v1"

// prove makes and checks count proofs of either kind, spread over the log.
func prove(dir folder, tree tlog.Tree, hashes tlog.HashReader, count int64, found *findings) {
	for number := int64(0); number < count; number++ {
		at := (tree.N - 1 + number*7919) % tree.N
		if err := proveOne(dir, tree, hashes, at); err != nil {
			found.add("%v", err)
		}
	}
}

func proveOne(dir folder, tree tlog.Tree, hashes tlog.HashReader, at int64) error {
	entry, err := dir.entry(at, tree.N)
	if err != nil {
		return err
	}
	record, err := tlog.ProveRecord(tree.N, at, hashes)
	if err != nil {
		return fmt.Errorf("inclusion of entry %d: %v", at, err)
	}
	if err := tlog.CheckRecord(record, tree.N, tree.Hash, at, tlog.RecordHash(entry)); err != nil {
		return fmt.Errorf("inclusion of entry %d: %v", at, err)
	}
	size := at + 1 // Nothing is proved from an empty tree.
	old, err := tlog.TreeHash(size, hashes)
	if err != nil {
		return fmt.Errorf("root at %d: %v", size, err)
	}
	proof, err := tlog.ProveTree(tree.N, size, hashes)
	if err != nil {
		return fmt.Errorf("consistency from %d: %v", size, err)
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, size, old); err != nil {
		return fmt.Errorf("consistency from %d: %v", size, err)
	}
	return nil
}

// proofFile is one proof: an entry's place, the hashes beside its way up, and where they lead.
type proofFile struct {
	index  int64
	hashes tlog.RecordProof
	signed *signed
}

// readProof reads a proof file and checks its checkpoint's signatures.
func readProof(data []byte, trust *trust) (*proofFile, error) {
	head, sealed, cut := strings.Cut(string(data), "\n\n")
	lines := strings.Split(head, "\n")
	if !cut || lines[0] != proofHeader {
		return nil, fmt.Errorf("it is no proof file: it does not begin with %s", proofHeader)
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:] // Whatever the writer added; nothing vouches for it.
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return nil, fmt.Errorf("it is no proof file: it has no index")
	}
	proof := &proofFile{}
	var err error
	index := strings.TrimPrefix(lines[0], "index ")
	if proof.index, err = strconv.ParseInt(index, 10, 64); err != nil || strconv.FormatInt(proof.index, 10) != index {
		return nil, fmt.Errorf("its index is %q", index)
	}
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, fmt.Errorf("a hash of it: %v", err)
		}
		proof.hashes = append(proof.hashes, hash)
	}
	if proof.signed, err = trust.open([]byte(sealed)); err != nil {
		return nil, fmt.Errorf("its checkpoint: %v", err)
	}
	if proof.index < 0 || proof.index >= proof.signed.tree.N {
		return nil, fmt.Errorf("its checkpoint is over %d entries, not %d", proof.signed.tree.N, proof.index+1)
	}
	return proof, nil
}

func (proof *proofFile) check(entry []byte) error {
	tree := proof.signed.tree
	return tlog.CheckRecord(proof.hashes, tree.N, tree.Hash, proof.index, tlog.RecordHash(entry))
}

// checkOne checks one proof against the bytes of its entry; no folder is needed.
func checkOne(path string, given options, found *findings) error {
	if given.key == "" {
		return fmt.Errorf("-key must name a file with the log's keys")
	}
	trust, err := readTrust(given)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(given.entry)
	if err != nil {
		return err
	}
	proof, err := readProof(data, trust)
	if err == nil {
		err = proof.check(entry)
	}
	if err != nil {
		found.add("%s: %v", path, err)
		return nil
	}
	signed := proof.signed
	fmt.Printf("proof: entry %d of %s is these %d bytes, in a log of %d: %s\n", proof.index, signed.origin, len(entry), signed.tree.N, signed.by)
	return nil
}

// proofFiles checks the folder's proof files against its entries, and that their checkpoints are of this
// log at an earlier size.
func proofFiles(dir folder, trust *trust, tree tlog.Tree, grown tlog.HashReader, found *findings) error {
	paths, err := filepath.Glob(filepath.Join(string(dir), "proofs", "*.tlog-proof"))
	if err != nil {
		return err
	}
	before := found.count
	for _, path := range paths {
		name := "proofs/" + filepath.Base(path)
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		proof, err := readProof(data, trust)
		if err != nil {
			found.add("%s: %v", name, err)
			continue
		}
		if !extends(name, proof.signed.tree, tree, grown, found) {
			continue
		}
		entry, err := dir.entry(proof.index, tree.N)
		if err == nil {
			err = proof.check(entry)
		}
		if err != nil {
			found.add("%s: entry %d: %v", name, proof.index, err)
		}
	}
	if len(paths) > 0 && found.count == before {
		fmt.Printf("proof files: %d hold\n", len(paths))
	}
	return nil
}
