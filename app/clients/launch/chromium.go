package launch

import (
	"os"
	"path/filepath"
)

// calmPreferences keep a browser of Chromium's family from signing in, guessing
// what a person will type or open next, and offering to keep passwords: what it
// asks its maker for would stand between the requests that a person wants to see.
const calmPreferences = `{
  "browser": {"has_seen_welcome_page": true},
  "credentials_enable_service": false,
  "net": {"network_prediction_options": 2},
  "profile": {"password_manager_enabled": false},
  "search": {"suggest_enabled": false},
  "signin": {"allowed": false, "allowed_on_next_startup": false}
}
`

// calmFlags do the same where there is no preference for it.
var calmFlags = []string{
	"--no-first-run", "--no-default-browser-check", "--disable-sync", "--no-pings",
	"--disable-background-networking", "--disable-component-update", "--disable-domain-reliability",
	"--disable-search-engine-choice-screen",
	"--disable-features=OptimizationHints,NetworkTimeServiceQuerying,MediaRouter",
	"--password-store=basic", // not the user's keyring
}

// prepareChromium fills a new profile.
func prepareChromium(profile string) error {
	dir := filepath.Join(profile, "Default")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "Preferences"), []byte(calmPreferences), 0o600)
}
