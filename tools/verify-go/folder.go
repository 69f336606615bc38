// The folder: tiles and entry bundles by their names (c2sp.org/tlog-tiles).
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

// folder reads tiles. Go's checksum database names the height of its tiles; c2sp.org/tlog-tiles, where
// all tiles have the height 8, does not.
type folder string

func hashPath(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

func bundlePath(n int64, w int) string {
	tile := tlog.Tile{H: 8, L: -1, N: n, W: w}
	return strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
}

func (dir folder) Height() int { return 8 }

func (dir folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (dir folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := dir.tile(tile)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// tile gives the hashes of a tile; an error is a difference and names the file.
func (dir folder) tile(tile tlog.Tile) ([]byte, error) {
	path, size := hashPath(tile), tile.W*tlog.HashSize
	data, grown, err := dir.read(path, tile.W)
	if err != nil {
		return nil, err
	}
	if len(data) < size || len(data) > size && !grown {
		return nil, fmt.Errorf("%s has %d bytes, not %d", path, len(data), size)
	}
	return data[:size], nil
}

// read takes the full file where a partial one is gone because the log has grown, and says so.
func (dir folder) read(path string, w int) (data []byte, grown bool, err error) {
	data, err = os.ReadFile(filepath.Join(string(dir), path))
	if os.IsNotExist(err) && w < width {
		full := strings.TrimSuffix(path, fmt.Sprintf(".p/%d", w))
		data, err = os.ReadFile(filepath.Join(string(dir), full))
		grown = err == nil
	}
	if os.IsNotExist(err) {
		err = fmt.Errorf("%s is missing", path)
	}
	return data, grown, err
}

// bundle gives the first w entries of bundle n, and what is wrong with its file after them.
func (dir folder) bundle(n int64, w int) ([][]byte, error) {
	path := bundlePath(n, w)
	data, grown, err := dir.read(path, w)
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(entries) < w {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return entries, fmt.Errorf("%s holds %d whole entries, not %d", path, len(entries), w)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries, data = append(entries, data[2:end]), data[end:]
	}
	if len(data) > 0 && !grown {
		return entries, fmt.Errorf("%s goes on after its %d entries", path, w)
	}
	return entries, nil
}

// entry gives one entry of the log.
func (dir folder) entry(at, size int64) ([]byte, error) {
	entries, err := dir.bundle(at/width, int(min(width, size-at/width*width)))
	if err != nil {
		return nil, err
	}
	return entries[at%width], nil
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}
