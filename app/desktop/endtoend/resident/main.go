// Command resident is a program with a system proxy and no window, for the tests
// of how it ends. It obeys lines on its standard input, each answered by one.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"posthouse/app/desktop"
	"posthouse/app/desktop/sysproxy"
)

func main() {
	desktop.RunWatchdogIfAsked()
	dir := desktop.StateDir()
	if len(os.Args) > 1 && os.Args[1] == "-restore-network" {
		if err := desktop.RestoreNetwork(os.Stdout); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	ends := make(chan os.Signal, 1)
	desktop.NotifyEnd(ends)
	m := sysproxy.New(sysproxy.Options{Dir: dir})
	report, err := m.Repair(context.Background())
	say("started", err)
	for line := range strings.Lines(report.String()) {
		fmt.Print("# ", line)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		in := bufio.NewScanner(os.Stdin)
		for in.Scan() {
			lines <- in.Text()
		}
	}()
	for {
		select {
		case <-ends:
			quit(m)
		case line, ok := <-lines:
			if !ok {
				quit(m)
			}
			obey(m, strings.Fields(line))
		}
	}
}

func quit(m *sysproxy.Manager) {
	if _, err := m.Close(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func say(what string, err error) {
	if err != nil {
		fmt.Println("error:", strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	fmt.Println(what)
}

func obey(m *sysproxy.Manager, words []string) {
	ctx := context.Background()
	switch words[0] {
	case "enable":
		say("enabled", m.Enable(ctx, words[1]))
	case "disable":
		report, err := m.Disable(ctx)
		for line := range strings.Lines(report.String()) {
			fmt.Print("# ", line)
		}
		say("disabled", err)
	case "toggle": // n times on and off, without waiting in between
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { _ = m.Enable(ctx, words[1]) })
			wg.Go(func() { _, _ = m.Disable(ctx) })
		}
		wg.Wait()
		_, err := m.Disable(ctx)
		say("toggled", err)
	case "state":
		s := m.State()
		fmt.Println("state", s.Phase, s.Watchdog, os.Getpid())
	case "full":
		say("full", fillDisk())
	case "children":
		say(fmt.Sprint("children ", children()), nil)
	case "autostart":
		a := desktop.AtLogin("-hidden")
		var err error
		if len(words) > 1 && words[1] == "on" {
			err = a.Enable()
		} else if len(words) > 1 {
			err = a.Disable()
		}
		on, enabledErr := a.Enabled()
		say(fmt.Sprint("autostart ", on), errors.Join(err, enabledErr))
	case "quit":
		quit(m)
	case "exit":
		os.Exit(1)
	case "panic":
		panic("as asked")
	default:
		fmt.Println("error: what is", words)
	}
}
