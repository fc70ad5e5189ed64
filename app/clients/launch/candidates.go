package launch

// candidate is a browser that may be on a computer.
type candidate struct {
	name     string
	family   Family
	commands []string // on the PATH of Unix
	snap     string
	flatpak  string
	bundle   string   // macOS: path of the program below an Applications folder
	exe      string   // Windows: name below App Paths
	folders  []string // Windows: the program below Program Files or the local data
}

// candidates are in the order in which they are offered.
var candidates = []candidate{
	{name: "Google Chrome", commands: []string{"google-chrome-stable", "google-chrome"}, flatpak: "com.google.Chrome",
		bundle: "Google Chrome.app/Contents/MacOS/Google Chrome", exe: "chrome.exe", folders: []string{`Google\Chrome\Application\chrome.exe`}},
	{name: "Chromium", commands: []string{"chromium", "chromium-browser"}, snap: "chromium", flatpak: "org.chromium.Chromium",
		bundle: "Chromium.app/Contents/MacOS/Chromium", folders: []string{`Chromium\Application\chrome.exe`}},
	{name: "Microsoft Edge", commands: []string{"microsoft-edge-stable", "microsoft-edge"}, flatpak: "com.microsoft.Edge",
		bundle: "Microsoft Edge.app/Contents/MacOS/Microsoft Edge", exe: "msedge.exe", folders: []string{`Microsoft\Edge\Application\msedge.exe`}},
	{name: "Brave", commands: []string{"brave-browser-stable", "brave-browser", "brave"}, snap: "brave", flatpak: "com.brave.Browser",
		bundle: "Brave Browser.app/Contents/MacOS/Brave Browser", exe: "brave.exe", folders: []string{`BraveSoftware\Brave-Browser\Application\brave.exe`}},
	{name: "Firefox", family: Firefox, commands: []string{"firefox", "firefox-esr"}, snap: "firefox", flatpak: "org.mozilla.firefox",
		bundle: "Firefox.app/Contents/MacOS/firefox", exe: "firefox.exe", folders: []string{`Mozilla Firefox\firefox.exe`}},
}

// Browsers are those that are found on this computer, the first to be offered
// first. It looks at files, and on Windows at the registry.
func Browsers() []Browser {
	var found []Browser
	for i := range candidates {
		if b, ok := thisComputer().find(&candidates[i]); ok {
			found = append(found, b)
		}
	}
	return found
}
