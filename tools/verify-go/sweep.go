// The sweep: every entry is hashed and the whole tree is grown with Go's own code, once over the entries
// and, where that does not lead to the signed root, once over the stored hashes of entries. Whatever leads
// to the signed root is what was logged; what differs from it is named.
//
// It does not lean on tlog.TileHashReader: in x/mod 0.7.0 (Debian 12) that leaves some tiles of a read
// unauthenticated when the tree's right edge has several subtrees in one tile.
package main

import "golang.org/x/mod/sumdb/tlog"

// leaves are the hashes of entries, as far as they are known.
type leaves struct {
	hashes []tlog.Hash
	known  []bool
	all    bool
}

func newLeaves(size int64) *leaves {
	return &leaves{hashes: make([]tlog.Hash, size), known: make([]bool, size), all: true}
}

func (list *leaves) set(at int64, hash tlog.Hash) {
	list.hashes[at], list.known[at] = hash, true
}

// grow makes all stored hashes over the leaves, and the root.
func (list *leaves) grow() (tlog.HashReader, tlog.Hash) {
	stored := make([]tlog.Hash, 0, 2*len(list.hashes))
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for at, index := range indexes {
			hashes[at] = stored[index]
		}
		return hashes, nil
	})
	for at, hash := range list.hashes {
		more, err := tlog.StoredHashesForRecordHash(int64(at), hash, reader)
		if err != nil {
			panic(err) // The reader above gives no errors.
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(int64(len(list.hashes)), reader)
	if err != nil {
		panic(err)
	}
	return reader, root
}

// sweep gives the tree that leads to the signed root, or nil if nothing does, and the bytes of entries.
func sweep(dir folder, tree tlog.Tree, found *findings) (tlog.HashReader, int64) {
	if tree.N > 0 && !ends(dir, tree.N, found) {
		return nil, 0
	}
	byEntries, byTiles := newLeaves(tree.N), newLeaves(tree.N)
	var bytes int64
	for start := int64(0); start < tree.N; start += width {
		w := int(min(width, tree.N-start))
		data, err := dir.tile(tlog.Tile{H: 8, L: 0, N: start / width, W: w})
		if err != nil {
			found.add("%v", err)
			byTiles.all = false
		}
		for at := 0; at < len(data)/tlog.HashSize; at++ {
			var hash tlog.Hash
			copy(hash[:], data[at*tlog.HashSize:])
			byTiles.set(start+int64(at), hash)
		}
		entries, err := dir.bundle(start/width, w)
		for at, entry := range entries {
			byEntries.set(start+int64(at), tlog.RecordHash(entry))
			bytes += int64(len(entry))
		}
		if err != nil {
			byEntries.all = false
			brokenBundle(err, start, start+int64(len(entries)), byEntries, byTiles, found)
		}
	}
	if tree.N == 0 {
		return emptyTree(), 0
	}
	return judge(dir, tree, byEntries, byTiles, found), bytes
}

// ends tells whether the log's last file is there: a size far beyond it must not cost a name for each
// file that is missing.
func ends(dir folder, size int64, found *findings) bool {
	last := (size - 1) / width
	w := int(size - last*width)
	_, _, tile := dir.read(hashPath(tlog.Tile{H: 8, L: 0, N: last, W: w}), w)
	_, _, bundle := dir.read(bundlePath(last, w), w)
	if tile == nil || bundle == nil || last == 0 {
		return true
	}
	found.add("checkpoint: it is over %d entries, and neither %v", size, tile)
	found.add("checkpoint: nor %v: the log is shorter", bundle)
	return false
}

func emptyTree() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		return make([]tlog.Hash, len(indexes)), nil
	})
}

// brokenBundle names a bundle, and the entry from which on it holds other ones. Its entries are no longer
// compared one by one: one that is missing moves all that follow.
func brokenBundle(err error, start, end int64, byEntries, byTiles *leaves, found *findings) {
	first := end
	for at := end - 1; at >= start; at-- {
		if byTiles.known[at] && byTiles.hashes[at] != byEntries.hashes[at] {
			first = at
		}
		byEntries.known[at] = false
	}
	if first < int64(len(byTiles.known)) && (first < start+width) && byTiles.known[first] {
		found.add("%v; from entry %d on they are not those that were logged", err, first)
	} else {
		found.add("%v", err)
	}
}

// judge decides whom to believe, and names every entry and hash that differs from that.
func judge(dir folder, tree tlog.Tree, byEntries, byTiles *leaves, found *findings) tlog.HashReader {
	var entriesHold, tilesHold bool
	var grown tlog.HashReader
	var root tlog.Hash
	if byEntries.all {
		grown, root = byEntries.grow()
		entriesHold = root == tree.Hash
	}
	if !entriesHold && byTiles.all {
		stored, storedRoot := byTiles.grow()
		tilesHold = storedRoot == tree.Hash
		if tilesHold || grown == nil {
			grown, root = stored, storedRoot
		}
	}
	before := found.count
	for at := int64(0); at < tree.N; at++ {
		if !byEntries.known[at] || !byTiles.known[at] || byEntries.hashes[at] == byTiles.hashes[at] {
			continue
		}
		start := at / width
		w := int(min(width, tree.N-start*width))
		bundle, tile := bundlePath(start, w), hashPath(tlog.Tile{H: 8, L: 0, N: start, W: w})
		switch {
		case entriesHold:
			found.add("%s: hash %d is not the one of entry %d", tile, at%width, at)
		case tilesHold:
			found.add("%s: entry %d is not the one that was logged", bundle, at)
		default:
			found.add("%s: entry %d and its hash in %s differ, and neither leads to the signed root", bundle, at, tile)
		}
	}
	if grown != nil {
		compareTiles(dir, tree.N, grown, found)
	}
	if entriesHold || tilesHold {
		return grown
	}
	if found.count == before && byEntries.all && byTiles.all {
		found.add("checkpoint: entries and tiles lead to the root %v: this is another log, or all of it was rewritten", root)
	}
	return nil
}

// compareTiles names every stored hash above the leaves that is not the one of what is below it.
func compareTiles(dir folder, size int64, grown tlog.HashReader, found *findings) {
	for level := 1; size>>(8*uint(level)) > 0; level++ {
		count := size >> (8 * uint(level))
		for start := int64(0); start < count; start += width {
			tile := tlog.Tile{H: 8, L: level, N: start / width, W: int(min(width, count-start))}
			data, err := dir.tile(tile)
			if err != nil {
				found.add("%v", err)
				continue
			}
			right, err := tlog.ReadTileData(tile, grown)
			if err != nil {
				panic(err) // The reader gives no errors.
			}
			for at := 0; at < len(right); at += tlog.HashSize {
				if string(right[at:at+tlog.HashSize]) != string(data[at:at+tlog.HashSize]) {
					found.add("%s: hash %d is not the one of the entries below it", hashPath(tile), at/tlog.HashSize)
				}
			}
		}
	}
}
