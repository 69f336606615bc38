// Verify-go checks a log that Bellwether exported, with none of Bellwether's code: only Go's standard
// library and golang.org/x/mod, which Debian packages as golang-golang-x-mod-dev.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o verify-go .
//	./verify-go -key log.vkey -witnesses witnesses.vkey FOLDER
//	./verify-go -key log.vkey -entry ENTRY PROOF.tlog-proof
//
// In: the keys of the log and of its witnesses, got from somewhere else than the folder; a folder with
// `checkpoint`, `tile/` and maybe `proofs/`; or one proof and the bytes of its entry. Out: what holds,
// and every thing that differs. Never: writes anything, or opens a connection.
//
// Exit 0: all holds; 1: it could not be checked; 2: something differs, and it is named.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// mostShown is how many differences are printed; all are counted.
const mostShown = 100

// mostEntries is how large a log may be: it takes some 230 bytes of memory an entry.
const mostEntries = 1 << 30

// findings are the things that differ.
type findings struct{ count int }

func (found *findings) add(format string, args ...interface{}) {
	found.count++
	if found.count <= mostShown {
		fmt.Printf("differs: "+format+"\n", args...)
	}
}

type options struct {
	key, witnesses, origin, seen, entry string
	quorum                              int
	proofs                              int64
}

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	var given options
	flags := flag.NewFlagSet("verify-go", flag.ContinueOnError)
	flags.StringVar(&given.key, "key", "", "file with the log's keys, one a line (default: log.vkey in the folder)")
	flags.StringVar(&given.witnesses, "witnesses", "", "file with the keys of witnesses, one a line")
	flags.IntVar(&given.quorum, "quorum", -1, "how many witnesses must have signed (default: all of the file)")
	flags.StringVar(&given.origin, "origin", "", "the log's name, where it is not the name of its key")
	flags.StringVar(&given.seen, "seen", "", "a checkpoint kept from earlier, which the log must continue")
	flags.StringVar(&given.entry, "entry", "", "the bytes of an entry: check one proof file instead of a folder")
	flags.Int64Var(&given.proofs, "proofs", 300, "inclusion and consistency proofs to make and check, each")
	if flags.Parse(args) != nil {
		return 1
	}
	if flags.NArg() != 1 || given.proofs < 0 {
		fmt.Fprintln(os.Stderr, "usage: verify-go [options] FOLDER, or verify-go -entry FILE [options] PROOF")
		flags.PrintDefaults()
		return 1
	}
	found := &findings{}
	if err := check(flags.Arg(0), given, found); err != nil {
		fmt.Fprintln(os.Stderr, "cannot check:", err)
		return 1
	}
	if found.count > mostShown {
		fmt.Printf("differs: %d more\n", found.count-mostShown)
	}
	if found.count > 0 {
		return 2
	}
	fmt.Println("all holds")
	return 0
}

// check says on stdout what holds, and adds what does not to found.
func check(place string, given options, found *findings) error {
	if given.entry != "" {
		return checkOne(place, given, found)
	}
	dir := folder(place)
	if info, err := os.Stat(place); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is no folder", place)
	}
	if given.key == "" {
		given.key = filepath.Join(place, "log.vkey")
		fmt.Println("note: the log's keys are taken from the folder itself; give -key to check against keys from elsewhere")
	}
	trust, err := readTrust(given)
	if err != nil {
		return err
	}
	sealed, err := os.ReadFile(filepath.Join(place, "checkpoint"))
	if os.IsNotExist(err) {
		found.add("checkpoint is missing")
		return nil
	} else if err != nil {
		return err
	}
	signed, err := trust.open(sealed)
	if err != nil {
		found.add("checkpoint: %v", err)
		return nil
	}
	fmt.Printf("checkpoint: %s, %d entries, root %v: %s\n", signed.origin, signed.tree.N, signed.tree.Hash, signed.by)
	if signed.tree.N > mostEntries {
		return fmt.Errorf("the log has %d entries; this program holds %d in memory", signed.tree.N, mostEntries)
	}
	begun := time.Now()
	grown, bytes := sweep(dir, signed.tree, found)
	if grown == nil {
		if found.count == 0 {
			found.add("checkpoint: nothing leads to its root")
		}
		return nil
	}
	if found.count == 0 {
		fmt.Printf("sweep: %d entries of %d bytes hold, %.2f s\n", signed.tree.N, bytes, time.Since(begun).Seconds())
	}
	if given.seen != "" {
		if err := continues(given.seen, trust, signed.tree, grown, found); err != nil {
			return err
		}
	}
	if err := proofFiles(dir, trust, signed.tree, grown, found); err != nil {
		return err
	}
	if found.count > 0 || signed.tree.N == 0 {
		return nil
	}
	begun = time.Now()
	prove(dir, signed.tree, tlog.TileHashReader(signed.tree, dir), given.proofs, found)
	if found.count == 0 {
		fmt.Printf("proofs: %d inclusion, %d consistency hold, %.2f s\n", given.proofs, given.proofs, time.Since(begun).Seconds())
	}
	return nil
}

// continues checks that the tree of a checkpoint kept from earlier is a beginning of this one.
func continues(path string, trust *trust, tree tlog.Tree, grown tlog.HashReader, found *findings) error {
	sealed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	seen, err := trust.open(sealed)
	if err != nil {
		return fmt.Errorf("%s: %v", path, err)
	}
	if !extends(path, seen.tree, tree, grown, found) {
		return nil
	}
	fmt.Printf("earlier: %s, %d entries: this log continues it\n", path, seen.tree.N)
	return nil
}

// extends tells whether a tree begins with another, and adds the difference where it does not.
func extends(what string, old, tree tlog.Tree, grown tlog.HashReader, found *findings) bool {
	if old.N > tree.N {
		found.add("%s is over %d entries and the log has %d: it was rolled back", what, old.N, tree.N)
		return false
	}
	if old.N == 0 {
		return true // Every log begins with nothing.
	}
	root, err := tlog.TreeHash(old.N, grown)
	if err != nil || root != old.Hash {
		found.add("%s has another root at %d entries than the log: one of them was rewritten", what, old.N)
		return false
	}
	return true
}
