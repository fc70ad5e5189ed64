// Command posthouse is the desktop app: the proxy with its window and its tray.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"

	"posthouse/app"
	"posthouse/app/clients/appicon"
	"posthouse/app/clients/launch"
	"posthouse/app/clients/trust"
	"posthouse/app/compose"
	"posthouse/app/desktop"
	"posthouse/app/desktop/filechooser"
	"posthouse/app/desktop/filetypes"
	"posthouse/app/desktop/trayhost"
	"posthouse/app/groups"
	"posthouse/app/settings"
	"posthouse/app/switches/systemproxy"
	"posthouse/ui"
)

const appID = "io.github.posthouse.Posthouse"

// closeTime bounds what quitting waits for exchanges under way, beyond the setting for it.
const closeTime = 10 * time.Second

type options struct {
	config  string
	lang    string
	start   bool
	hidden  bool
	version bool
	restore bool
	files   []string // to be opened; absolute
}

func main() {
	desktop.RunWatchdogIfAsked()
	desktop.EnsureHome()
	var help bytes.Buffer
	o, err := parse(os.Args[1:], &help)
	if err != nil || o.version || o.restore {
		useConsole()
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = os.Stderr.Write(help.Bytes())
		return
	case err != nil:
		fmt.Fprintf(os.Stderr, "posthouse: %v\nRun posthouse -h for the flags.\n", err)
		os.Exit(2)
	case o.version:
		fmt.Println("posthouse", app.Build())
		return
	case o.restore:
		if err := desktop.RestoreNetwork(os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "posthouse:", err)
			os.Exit(1)
		}
		return
	}
	prepare()
	limitTexts()
	loadGraphics()
	collect := collectLess()
	takeLargePages(keepFreed())
	if err := run(o, collect); err != nil {
		useConsole()
		fmt.Fprintln(os.Stderr, "posthouse:", err)
		os.Exit(1)
	}
}

func parse(args []string, help io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("posthouse", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.config, "config", "", "settings `FILE` (default: settings.toml in the user's configuration directory)")
	f.StringVar(&o.lang, "lang", "", "language `CODE`: en, zh-Hans or system (default: from the settings)")
	f.BoolVar(&o.start, "start", false, "start the proxy right away")
	f.BoolVar(&o.hidden, "hidden", false, "begin in the tray, without a window, where there is a tray")
	f.BoolVar(&o.restore, "restore-network", false,
		"put the system proxy back as it was before Posthouse changed it, say what was done, and end")
	f.BoolVar(&o.version, "version", false, "say the version and end")
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		f.SetOutput(help)
		_, _ = io.WriteString(help, usage)
		f.PrintDefaults()
		return nil, err
	case err != nil:
		return nil, err
	case chinese[strings.ToLower(o.lang)]:
		o.lang = "zh-Hans"
	case o.lang != "" && o.lang != "en" && o.lang != "zh-Hans" && o.lang != "system":
		return nil, fmt.Errorf("-lang %s: write en, zh-Hans or system", o.lang)
	}
	o.files, err = filesToOpen(f.Args())
	return o, err
}

const usage = `Usage: posthouse [flags] [FILE...]

The Posthouse proxy with its window. FILEs are opened in tabs: Posthouse's sessions (.posthouse),
HAR, Fiddler's .saz, mitmproxy's flows, Charles' .chlsj, HTTP messages as text, and commands for
curl and PowerShell. If Posthouse runs already, they are opened there. Flags stand before the
files; write -- before a file whose name begins with a dash.

`

// filesToOpen checks the files that are named on the command line.
func filesToOpen(names []string) (paths []string, err error) {
	if len(names) > desktop.MaxFiles {
		return nil, fmt.Errorf("%d files are named; at most %d can be opened in one start", len(names), desktop.MaxFiles)
	}
	for _, name := range names {
		path, err := filepath.Abs(name)
		if err != nil {
			return nil, err
		}
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("there is no file %q; posthouse takes flags, then the files to open", name)
		case err != nil:
			return nil, fmt.Errorf("%q cannot be opened: %w", name, err)
		case info.IsDir():
			return nil, fmt.Errorf("%q is a folder: name the files in it that are to be opened", name)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// makeCacheFolder makes the user's folder for caches, which a fresh home has not: the toolkit makes
// its own in it, and logs an error where it is not there.
func makeCacheFolder() {
	if dir, err := os.UserCacheDir(); err == nil {
		_ = os.MkdirAll(dir, 0o700) // then the toolkit says what it lacks
	}
}

// newToolkit begins with the toolkit.
func newToolkit() fyne.App {
	makeCacheFolder()
	a := fyneapp.NewWithID(appID)
	ui.EndWithoutHook(a)
	return a
}

// run is the app's life; shown is called when its window is seen, or known not to be.
func run(o *options, shown func()) error {
	path := o.config
	if path == "" {
		path = settings.DefaultPath()
	} else if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("the settings file named by -config cannot be read: %w", err)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	resident, err := claim(path, desktop.Request{Start: o.start, Hidden: o.hidden && len(o.files) == 0, Files: o.files}, log)
	if err != nil || resident == nil {
		return err
	}
	defer resident.close()
	var fonts fontReader
	defer fonts.reading.Wait()
	fonts.lookUp()
	controller := app.New(app.Options{Path: path, Log: log, HistoryDir: settings.HistoryDir(path)})

	resident.opened, resident.takeOpened = filetypes.Handed()
	resident.system = systemproxy.New(controller, resident.systemProxy, resident.seen)

	fyneApp := newToolkit()
	launcher := launch.New(launch.Options{})
	openedDir := filepath.Join(desktop.StateDir(), "opened")
	if err := awaitScreen(); err != nil {
		return errors.Join(err, closeSoon(controller, 0))
	}
	window := ui.New(ui.Options{
		App: fyneApp, Controller: controller, StatePath: app.WindowStatePath(), OpenedDir: openedDir, Lang: o.lang,
		Requests: compose.Path(), Groups: groups.Path(),
		Files: filechooser.Choose, System: resident.system, Resident: resident.desktopServices(o, controller, fyneApp),
		Stores: trust.DesktopStores(), Launcher: launcher, FindIcon: appicon.System(), ReadFonts: fonts.read,
	})
	resident.window.Store(window)
	window.Reside(fyneApp.Quit)
	if o.start || controller.Settings().General.StartProxy {
		controller.Start()
	}
	if o.hidden && len(o.files) == 0 && trayhost.MayCome() {
		window.StartHidden() // it shows itself where no tray comes
	} else {
		window.Show()
	}
	shown()
	resident.afterFirstPicture(fyneApp, launcher, openedDir)
	stop := resident.attend(controller, fyneApp, window, o.files)
	fyneApp.Run()
	stop()

	// What must not be missed is done here: the toolkit's own hook for the end
	// is not always called.
	window.Close()
	launcher.Close()
	resident.closeServices()
	resident.system.Close()
	resident.restore() // before the port closes
	return closeSoon(controller, time.Duration(controller.Settings().Proxy.Timeouts.Drain))
}

// closeSoon closes the controller, whose exchanges have so long to end.
func closeSoon(controller *app.Controller, drain time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), drain+closeTime)
	defer cancel()
	return controller.Close(ctx)
}

// chinese are ways to say zh-Hans.
var chinese = map[string]bool{"zh": true, "zh-cn": true, "zh_cn": true, "zh-hans": true, "zh-hans-cn": true}
