// Keys and signed notes: the log's by golang.org/x/mod/sumdb/note, and the cosignatures of witnesses
// (c2sp.org/tlog-cosignature), which that package does not know but leaves room for.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// algorithmCosignature is the first byte of a witness's key.
const algorithmCosignature = 4

// trust is what is believed before anything is read.
type trust struct {
	log, witnesses map[string]bool // by name and hash
	all            note.Verifiers
	origin         string
	quorum         int
}

// signed is a checkpoint that passed.
type signed struct {
	origin string
	tree   tlog.Tree
	by     string
}

func keyID(verifier note.Verifier) string {
	return fmt.Sprintf("%s+%08x", verifier.Name(), verifier.KeyHash())
}

// readTrust reads the files of keys.
func readTrust(given options) (*trust, error) {
	known := &trust{log: map[string]bool{}, witnesses: map[string]bool{}, origin: given.origin}
	var all []note.Verifier
	read := func(path string, into map[string]bool, newVerifier func(string) (note.Verifier, error)) error {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, line := range strings.Fields(string(text)) {
			verifier, err := newVerifier(line)
			if err != nil {
				return fmt.Errorf("%s: %v", path, err)
			}
			if !into[keyID(verifier)] {
				all = append(all, verifier)
			}
			into[keyID(verifier)] = true
		}
		if len(into) == 0 {
			return fmt.Errorf("%s holds no key", path)
		}
		return nil
	}
	if err := read(given.key, known.log, note.NewVerifier); err != nil {
		return nil, err
	}
	if given.witnesses != "" {
		if err := read(given.witnesses, known.witnesses, newCosigner); err != nil {
			return nil, err
		}
	}
	known.quorum = given.quorum
	if given.quorum < 0 {
		known.quorum = len(known.witnesses)
	}
	if known.quorum > len(known.witnesses) {
		return nil, fmt.Errorf("-quorum %d, and %d witnesses are known", known.quorum, len(known.witnesses))
	}
	known.all = note.VerifierList(all...)
	return known, nil
}

// open checks a checkpoint's signatures and reads it.
func (known *trust) open(sealed []byte) (*signed, error) {
	if err := oneSpelling(string(sealed)); err != nil {
		return nil, err
	}
	opened, err := note.Open(sealed, known.all)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		return nil, errors.New("it is no checkpoint")
	}
	found := &signed{origin: lines[0]}
	byLog, names, witnessed := 0, []string{}, map[string]bool{}
	for _, one := range opened.Sigs {
		id := fmt.Sprintf("%s+%08x", one.Name, one.Hash)
		switch {
		case known.witnesses[id]:
			witnessed[id] = true
			names = append(names, one.Name+" at "+cosignedAt(one.Base64))
		case known.log[id] && (one.Name == lines[0] || known.origin == lines[0]):
			byLog++
		}
	}
	if byLog == 0 {
		return nil, fmt.Errorf("no key of the log %q has signed it", lines[0])
	}
	if len(witnessed) < known.quorum {
		return nil, fmt.Errorf("%d of %d witnesses have signed it", len(witnessed), known.quorum)
	}
	if found.tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil || found.tree.N < 0 {
		return nil, fmt.Errorf("its size is %q", lines[1])
	}
	if found.tree.Hash, err = tlog.ParseHash(lines[2]); err != nil {
		return nil, fmt.Errorf("its root: %v", err)
	}
	if found.tree.N == 0 && found.tree.Hash != sha256.Sum256(nil) {
		return nil, errors.New("its root is not the one of a log without entries")
	}
	found.by = "the log's signature holds"
	if len(names) > 0 {
		found.by += ", witnessed by " + strings.Join(names, ", ")
	}
	return found, nil
}

// oneSpelling refuses signatures with stray bits in their base 64, which Go's decoder passes over: an
// altered checkpoint must not look like the one that was issued.
func oneSpelling(sealed string) error {
	_, lines, _ := strings.Cut(sealed, "\n\n")
	for _, line := range strings.Split(strings.TrimSuffix(lines, "\n"), "\n") {
		sealed := line[strings.LastIndexByte(line, ' ')+1:]
		if _, err := base64.StdEncoding.Strict().DecodeString(sealed); err != nil {
			return fmt.Errorf("a signature is not base 64: %v", err)
		}
	}
	return nil
}

// cosigner checks the signatures of one witness.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (witness *cosigner) Name() string    { return witness.name }
func (witness *cosigner) KeyHash() uint32 { return witness.hash }

// Verify: 8 bytes of time, then a signature over that time and the text.
func (witness *cosigner) Verify(text, sealed []byte) bool {
	if len(sealed) != 8+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(sealed)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", seconds, text)
	return ed25519.Verify(witness.key, []byte(message), sealed[8:])
}

// newCosigner reads a witness's key: name+hash+base64(4 || public key).
func newCosigner(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("%q is no key", vkey)
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil || len(parts[1]) != 8 {
		return nil, fmt.Errorf("%q is no key", vkey)
	}
	key, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != algorithmCosignature {
		return nil, fmt.Errorf("%q is no key of a witness", vkey)
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if binary.BigEndian.Uint32(sum[:]) != uint32(hash) {
		return nil, fmt.Errorf("%q: its hash is another key's", vkey)
	}
	return &cosigner{name: parts[0], hash: uint32(hash), key: key[1:]}, nil
}

// cosignedAt is when a witness signed, as it stands in its signature that was checked.
func cosignedAt(sealed string) string {
	bytes, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(bytes) < 12 {
		return "an unknown time"
	}
	return time.Unix(int64(binary.BigEndian.Uint64(bytes[4:])), 0).UTC().Format(time.RFC3339)
}
