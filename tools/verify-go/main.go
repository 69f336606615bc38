// Verify-go checks a log that Bellwether exported, with none of Bellwether's code: only Go's standard
// library and golang.org/x/mod, which Debian packages as golang-golang-x-mod-dev.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o verify-go .
//	./verify-go -key vkey -proofs 300 FOLDER
//
// In: a verifier key in a file, got from somewhere else than the folder; a folder with `checkpoint`
// and `tile/`. Out: what was checked. Never: writes anything.
//
// It opens the checkpoint with the key, grows the tree over every entry and compares root and tiles,
// and makes proofs from the tiles, at places spread over the log, and checks them. Exit 0: all holds; 2: something differs, and it is named; 64: wrong usage.
package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

// folder reads tiles. Go's checksum database names the height of its tiles; c2sp.org/tlog-tiles,
// where all tiles have the height 8, does not.
type folder string

func (dir folder) Height() int { return 8 }

func (dir folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (dir folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, grown, err := dir.read(path, tile.W)
		if err != nil {
			return nil, err
		}
		size := tile.W * tlog.HashSize
		if len(data) < size || len(data) > size && !grown {
			return nil, fmt.Errorf("%s has %d bytes, not %d", path, len(data), size)
		}
		all = append(all, data[:size])
	}
	return all, nil
}

// read takes the full file where a partial one is gone because the log has grown, and says so.
func (dir folder) read(path string, w int) (data []byte, grown bool, err error) {
	data, err = os.ReadFile(filepath.Join(string(dir), path))
	if os.IsNotExist(err) && w < width {
		full := strings.TrimSuffix(path, fmt.Sprintf(".p/%d", w))
		data, err = os.ReadFile(filepath.Join(string(dir), full))
		return data, true, err
	}
	return data, false, err
}

// bundle gives the first w entries of bundle n.
func (dir folder) bundle(n int64, w int) ([][]byte, error) {
	tile := tlog.Tile{H: 8, L: -1, N: n, W: w}
	path := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
	data, grown, err := dir.read(path, w)
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(entries) < w {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s breaks off within entry %d", path, n*width+int64(len(entries)))
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries, data = append(entries, data[2:end]), data[end:]
	}
	if len(data) > 0 && !grown {
		return nil, fmt.Errorf("%s goes on after its %d entries", path, w)
	}
	return entries, nil
}

// open checks the signature and gives the tree that was signed.
func open(dir folder, keyFile string) (tree tlog.Tree, origin string, err error) {
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return tree, "", err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(key)))
	if err != nil {
		return tree, "", err
	}
	sealed, err := os.ReadFile(filepath.Join(string(dir), "checkpoint"))
	if err != nil {
		return tree, "", err
	}
	signed, err := note.Open(sealed, note.VerifierList(verifier))
	if err != nil {
		return tree, "", fmt.Errorf("checkpoint: %v", err)
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tree, "", fmt.Errorf("checkpoint: not one of %s", verifier.Name())
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, "", fmt.Errorf("checkpoint: size: %v", err)
	}
	if tree.Hash, err = tlog.ParseHash(lines[2]); err != nil {
		return tree, "", fmt.Errorf("checkpoint: root: %v", err)
	}
	return tree, lines[0], nil
}

// sweep hashes every entry, grows the tree over them with Go's own code, and compares its root with the
// signed one and every tile with the one that the tree gives.
//
// It does not lean on tlog.TileHashReader: in x/mod 0.7.0 (Debian 12) that leaves some tiles of a read
// unauthenticated when the tree's right edge has several subtrees in one tile.
func sweep(dir folder, tree tlog.Tree) (bytes int64, err error) {
	var stored []tlog.Hash
	grown := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for at, index := range indexes {
			hashes[at] = stored[index]
		}
		return hashes, nil
	})
	for start := int64(0); start < tree.N; start += width {
		entries, err := dir.bundle(start/width, int(min(width, tree.N-start)))
		if err != nil {
			return bytes, err
		}
		for at, entry := range entries {
			hashes, err := tlog.StoredHashes(start+int64(at), entry, grown)
			if err != nil {
				return bytes, err
			}
			stored = append(stored, hashes...)
			bytes += int64(len(entry))
		}
	}
	root, err := tlog.TreeHash(tree.N, grown)
	if err != nil {
		return bytes, err
	}
	for _, tile := range tlog.NewTiles(8, 0, tree.N) {
		// Old versions list the partial tiles of all smaller trees too.
		if tile.W < width && int64(tile.W) != tree.N>>(8*tile.L)%width {
			continue
		}
		data, err := dir.ReadTiles([]tlog.Tile{tile})
		if err != nil {
			return bytes, err
		}
		right, err := tlog.ReadTileData(tile, grown)
		if err != nil {
			return bytes, err
		}
		for at := 0; at < len(right); at += tlog.HashSize {
			if string(right[at:at+tlog.HashSize]) == string(data[0][at:at+tlog.HashSize]) {
				continue
			}
			place := tile.N*width + int64(at/tlog.HashSize)
			if root != tree.Hash && tile.L == 0 {
				return bytes, fmt.Errorf("entry %d is not the one that was logged", place)
			}
			return bytes, fmt.Errorf("hash %d of level %d is not the one of the entries", place, tile.L)
		}
	}
	if root != tree.Hash {
		return bytes, fmt.Errorf("entries and tiles lead to the root %v", root)
	}
	return bytes, nil
}

// prove makes and checks count proofs of either kind, spread over the log.
func prove(dir folder, tree tlog.Tree, hashes tlog.HashReader, count int64) error {
	for number := int64(0); number < count; number++ {
		at := (tree.N - 1 + number*7919) % tree.N
		entries, err := dir.bundle(at/width, int(min(width, tree.N-at/width*width)))
		if err != nil {
			return err
		}
		record, err := tlog.ProveRecord(tree.N, at, hashes)
		if err != nil {
			return fmt.Errorf("inclusion of entry %d: %v", at, err)
		}
		leaf := tlog.RecordHash(entries[at%width])
		if err := tlog.CheckRecord(record, tree.N, tree.Hash, at, leaf); err != nil {
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
	}
	return nil
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

func main() {
	key := flag.String("key", "", "file with the log's verifier key")
	proofs := flag.Int64("proofs", 300, "inclusion and consistency proofs to make and check, each")
	flag.Parse()
	if flag.NArg() != 1 || *key == "" || *proofs < 0 {
		fmt.Fprintln(os.Stderr, "usage: verify-go -key FILE [-proofs N] FOLDER")
		os.Exit(64)
	}
	if err := check(folder(flag.Arg(0)), *key, *proofs); err != nil {
		fmt.Fprintln(os.Stderr, "differs:", err)
		os.Exit(2)
	}
}

func check(dir folder, key string, proofs int64) error {
	begun := time.Now()
	tree, origin, err := open(dir, key)
	if err != nil {
		return err
	}
	fmt.Printf("checkpoint: %s, %d entries, root %v: signature holds\n", origin, tree.N, tree.Hash)
	if tree.N == 0 {
		return nil
	}
	bytes, err := sweep(dir, tree)
	if err != nil {
		return err
	}
	fmt.Printf("sweep: %d entries of %d bytes hold, %.2f s\n", tree.N, bytes, time.Since(begun).Seconds())
	begun = time.Now()
	if err := prove(dir, tree, tlog.TileHashReader(tree, dir), proofs); err != nil {
		return err
	}
	fmt.Printf("proofs: %d inclusion, %d consistency hold, %.2f s\n", proofs, proofs, time.Since(begun).Seconds())
	return nil
}
