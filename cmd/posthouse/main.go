// Command posthouse is the desktop app: the proxy with its window and its tray.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	fyneapp "fyne.io/fyne/v2/app"

	"posthouse/app"
	"posthouse/app/clients/appicon"
	"posthouse/app/clients/clientcheck"
	"posthouse/app/clients/launch"
	"posthouse/app/clients/trust"
	"posthouse/app/desktop"
	"posthouse/app/desktop/filechooser"
	"posthouse/app/desktop/trayhost"
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
}

func main() {
	desktop.RunWatchdogIfAsked()
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
	if err := run(o); err != nil {
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
		_, _ = io.WriteString(help, "Usage: posthouse [flags]\n\nThe Posthouse proxy with its window.\n\n")
		f.PrintDefaults()
		return nil, err
	case err != nil:
		return nil, err
	case f.NArg() > 0:
		return nil, fmt.Errorf("%q is not expected: flags begin with a dash", f.Arg(0))
	case chinese[strings.ToLower(o.lang)]:
		o.lang = "zh-Hans"
	case o.lang != "" && o.lang != "en" && o.lang != "zh-Hans" && o.lang != "system":
		return nil, fmt.Errorf("-lang %s: write en, zh-Hans or system", o.lang)
	}
	return o, nil
}

func run(o *options) error {
	path := o.config
	if path == "" {
		path = settings.DefaultPath()
	} else if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("the settings file named by -config cannot be read: %w", err)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	resident, err := claim(path, desktop.Request{Start: o.start, Hidden: o.hidden}, log)
	if err != nil || resident == nil {
		return err
	}
	defer resident.close()
	controller := app.New(app.Options{Path: path, Log: log, HistoryDir: settings.HistoryDir(path)})

	resident.system = systemproxy.New(controller, resident.systemProxy)

	fyneApp := fyneapp.NewWithID(appID)
	ui.EndWithoutHook(fyneApp)
	fyneApp.SetIcon(ui.AppIcon())
	launcher := launch.New(launch.Options{})
	launcher.SweepSoon()
	clientcheck.Sweep()
	window := ui.New(ui.Options{
		App: fyneApp, Controller: controller, StatePath: app.WindowStatePath(), Lang: o.lang, Files: filechooser.Choose,
		System: resident.system, Resident: resident.desktopServices(o, controller, fyneApp),
		Stores: trust.DesktopStores(), Launcher: launcher, FindIcon: appicon.System(),
	})
	resident.window.Store(window)
	window.Reside(fyneApp.Quit)
	if o.start || controller.Settings().General.StartProxy {
		controller.Start()
	}
	if o.hidden && trayhost.MayCome() {
		window.StartHidden() // it shows itself where no tray comes
	} else {
		window.Show()
	}
	stop := resident.attend(controller, fyneApp, window)
	fyneApp.Run()
	stop()

	// What must not be missed is done here: the toolkit's own hook for the end
	// is not always called.
	window.Close()
	launcher.Close()
	resident.closeServices()
	resident.system.Close()
	resident.restore() // before the port closes
	drain := time.Duration(controller.Settings().Proxy.Timeouts.Drain)
	ctx, cancel := context.WithTimeout(context.Background(), drain+closeTime)
	defer cancel()
	return controller.Close(ctx)
}

// chinese are ways to say zh-Hans.
var chinese = map[string]bool{"zh": true, "zh-cn": true, "zh_cn": true, "zh-hans": true, "zh-hans-cn": true}
