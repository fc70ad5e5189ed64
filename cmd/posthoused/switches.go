package main

import (
	"errors"
	"flag"
	"strconv"
	"strings"
)

// switchFlag is a boolean flag that tells "not given" from false. Given alone it is true.
func switchFlag(to **bool) func(string) error {
	return func(text string) error {
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("write true or false")
		}
		*to = &b
		return nil
	}
}

// joinSwitches writes "-via false" as "-via=false": package flag takes no word after a
// boolean flag for its value. Here it can be nothing else, for the commands take flags
// alone. Another word, or another flag, leaves the switch as true.
func joinSwitches(f *flag.FlagSet, args []string) []string {
	var all []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		all = append(all, arg)
		name, dashed := strings.CutPrefix(arg, "-")
		if !dashed || arg == "--" {
			return append(all, args[i+1:]...) // no flags follow
		}
		known := f.Lookup(strings.TrimPrefix(name, "-"))
		if known == nil || i+1 == len(args) {
			continue // it has its value with it, or is unknown, or is the last
		}
		if b, ok := known.Value.(interface{ IsBoolFlag() bool }); !ok || !b.IsBoolFlag() {
			i++
			all = append(all, args[i]) // its value, whatever that looks like
		} else if _, err := strconv.ParseBool(args[i+1]); err == nil {
			i++
			all[len(all)-1] = arg + "=" + args[i]
		}
	}
	return all
}
