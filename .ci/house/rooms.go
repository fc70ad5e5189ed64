package house

// A room is a package of ours with what it may import.
type room struct {
	name string // its folder
	// may lists, in words: rooms; "dir/..." for all at and below a folder; toolkit.
	// Rooms stand before what imports them, so that the table itself runs one way.
	may string
}

const (
	toolkit  = "toolkit"   // may draw: Fyne and OpenGL
	forTests = "for-tests" // is imported by tests only, and by others for tests
	planned  = "planned"   // need not be built yet
)

// values are what the window sees of the engine: never the engine itself.
const values = "proxy/flow proxy/certificate proxy/capture proxy/capture/history proxy/capture/query proxy/capture/search " +
	"proxy/content proxy/content/raster proxy/content/jsonquery proxy/export proxy/compare proxy/redact proxy/archive proxy/archive/har " +
	"proxy/outgoing "

// icons are those of programs.
const icons = "app/clients/appicon "

// rooms are all packages, in the order cmd -> ui -> app -> proxy -> {capture, upstream,
// http1, http2} -> flow, read from the end. Only what is named may be imported; where a whole
// part of the house may, it says so.
var rooms = []room{
	{"proxy/flow", ""},
	{"proxy/reason", "proxy/flow"},
	{"proxy/signal", ""},
	{"proxy/bounded", ""},
	{"proxy/filelock", ""},
	{"proxy/pace", ""},
	{"proxy/socket", "proxy/pace"},
	{"proxy/shellquote", ""},
	{"proxy/shellquote/shelltest", forTests},
	{"proxy/ca", "proxy/bounded proxy/flow proxy/reason"},
	{"proxy/clienthello", ""},
	{"proxy/http1", "proxy/flow proxy/reason"},
	{"proxy/http2", "proxy/flow proxy/reason"},
	{"proxy/websocket", "proxy/flow proxy/reason"},
	{"proxy/content/raster", ""},
	{"proxy/content", "proxy/content/raster"},
	{"proxy/content/jsonquery", ""},
	{"proxy/devices", "proxy/flow proxy/signal"},
	{"proxy/certificate", "proxy/flow proxy/reason"},
	{"proxy/decrypt", "proxy/flow proxy/reason proxy/certificate proxy/http1 proxy/clienthello"},
	{"proxy/upstream", "proxy/flow proxy/reason proxy/socket proxy/http1"},
	{"proxy/capture", "proxy/flow proxy/signal"},
	{"proxy/capture/query", "proxy/flow proxy/reason proxy/content"},
	{"proxy/capture/history", "proxy/flow proxy/reason proxy/signal proxy/content proxy/filelock proxy/capture proxy/capture/query"},
	{"proxy/capture/search", "proxy/flow proxy/capture proxy/capture/query proxy/capture/history"},
	{"proxy/process", "proxy/flow proxy/socket proxy/capture"},
	{"proxy/compare", "proxy/flow proxy/content proxy/capture/query"},
	{"proxy/archive", "proxy/flow proxy/reason"},
	{"proxy/archive/message", "proxy/flow proxy/content proxy/http1"},
	{"proxy/archive/har", "proxy/flow proxy/reason proxy/content proxy/content/raster proxy/archive proxy/archive/message"},
	{"proxy/archive/saz", "proxy/flow proxy/reason proxy/archive proxy/archive/message proxy/bounded proxy/websocket"},
	{"proxy/archive/mitm", "proxy/flow proxy/reason proxy/archive proxy/archive/message"},
	{"proxy/archive/charles", "proxy/flow proxy/reason proxy/archive proxy/archive/message"},
	{"proxy/archive/rawhttp", "proxy/flow proxy/reason proxy/content proxy/http1 proxy/archive proxy/archive/message"},
	{"proxy/archive/commandline", "proxy/flow proxy/reason proxy/archive proxy/archive/message"},
	{"proxy/redact", "proxy/content proxy/flow"},
	{"proxy/archive/session", "proxy/flow proxy/reason proxy/archive proxy/capture/history"},
	{"proxy/export", "proxy/flow proxy/content proxy/shellquote proxy/archive/har proxy/compare"},
	{"proxy/rules", "proxy/flow proxy/reason proxy/bounded proxy/content proxy/pace proxy/http1 proxy/capture/query"},
	{"proxy/rules/imports", "proxy/flow proxy/reason proxy/bounded proxy/capture/query proxy/rules"},
	{"proxy/breakpoints", "proxy/flow proxy/reason proxy/signal proxy/capture/query"},
	{"proxy/localpage", "proxy/http1 proxy/shellquote"},
	{"proxy/outgoing", "proxy/flow proxy/reason proxy/http2 proxy/websocket"},
	{"proxy", "proxy/flow proxy/reason proxy/signal proxy/http1 proxy/http2 proxy/clienthello proxy/socket proxy/upstream " +
		"proxy/decrypt proxy/devices proxy/capture proxy/pace proxy/rules proxy/breakpoints proxy/outgoing"},
	{"proxy/proxytest/eventually", forTests},
	{"proxy/proxytest/cputime", forTests},
	{"proxy/proxytest/wallclock", forTests},
	{"proxy/proxytest", "proxy proxy/capture proxy/flow proxy/socket " + forTests},
	{"proxy/proxytest/h2test", "proxy proxy/decrypt proxy/rules proxy/socket proxy/proxytest " + forTests},
	{"proxy/proxytest/fingerprint", "proxy/proxytest proxy/proxytest/eventually proxy/proxytest/h2test " + forTests},
	{"proxy/faithful", forTests},
	{"proxy/faithful/clients", forTests},

	// What a desktop expects of a resident app: it knows no controller and no engine.
	{"app/desktop/atomicfile", ""},
	{"app/desktop/winetest", forTests},
	{"app/desktop/dbus", ""},
	{"app/desktop/dbus/dbustest", "app/desktop/dbus " + forTests},
	{"app/desktop/trayhost", "app/desktop/dbus"},
	{"app/desktop/notify", "app/desktop/dbus"},
	{"app/desktop/filechooser", "app/desktop/dbus"},
	{"app/desktop/autostart", "app/desktop/atomicfile proxy/bounded proxy/reason"},
	{"app/desktop/filetypes", "app/desktop/autostart proxy/flow proxy/reason"},
	{"app/desktop/sysproxy/backend", "proxy/reason"},
	{"app/desktop/sysproxy/backend/backendtest", "app/desktop/sysproxy/backend " + forTests},
	{"app/desktop/sysproxy/gnome", "app/desktop/sysproxy/backend app/desktop/dbus proxy/bounded proxy/reason"},
	{"app/desktop/sysproxy/kde", "app/desktop/sysproxy/backend app/desktop/atomicfile app/desktop/dbus proxy/bounded " +
		"proxy/reason"},
	{"app/desktop/sysproxy/macos", "app/desktop/sysproxy/backend proxy/reason"},
	{"app/desktop/sysproxy/macos/macostest", forTests},
	{"app/desktop/sysproxy/windows", "app/desktop/sysproxy/backend proxy/reason"},
	{"app/desktop/sysproxy", "app/desktop/autostart proxy/filelock app/desktop/atomicfile app/desktop/dbus " +
		"app/desktop/sysproxy/backend app/desktop/sysproxy/gnome app/desktop/sysproxy/kde " +
		"app/desktop/sysproxy/macos app/desktop/sysproxy/windows proxy/bounded proxy/flow proxy/reason proxy/signal"},
	{"app/desktop", "app/desktop/autostart proxy/filelock app/desktop/sysproxy " +
		"app/desktop/atomicfile app/desktop/dbus proxy/bounded"},
	{"app/desktop/endtoend", forTests},
	{"app/desktop/endtoend/resident", "app/desktop app/desktop/sysproxy"},

	// Other programs on this computer.
	{"app/clients/internal/host", "app/desktop/atomicfile proxy/filelock proxy/bounded"},
	{"app/clients/internal/host/hosttest", "app/clients/internal/host " + forTests},
	{"app/clients/shellenv", "app/clients/internal/host proxy/shellquote"},
	{"app/clients/trust", "app/clients/internal/host app/desktop/atomicfile proxy/bounded proxy/shellquote"},
	{"app/clients/launch", "app/clients/internal/host app/clients/shellenv proxy/bounded"},
	{"app/clients/appicon", "app/clients/internal/host proxy/bounded proxy/content/raster"},
	{"app/clients/clientcheck", "app/clients/internal/host app/clients/shellenv app/clients/trust " +
		"proxy/filelock app/desktop/sysproxy app/desktop/sysproxy/backend " +
		"proxy proxy/bounded proxy/ca proxy/decrypt proxy/flow proxy/reason proxy/signal"},
	{"app/lan", ""},

	// The controller, and what keeps a setting of the system and the controller the same.
	{"app/settings", "app/desktop/atomicfile proxy/filelock " +
		"proxy proxy/bounded proxy/breakpoints proxy/decrypt proxy/capture proxy/capture/query proxy/flow proxy/upstream"},
	{"app", "app/settings app/clients/clientcheck app/clients/shellenv app/clients/trust " +
		"proxy/filelock app/desktop/atomicfile app/desktop/sysproxy/backend proxy proxy/bounded proxy/breakpoints proxy/content " +
		"proxy/archive/har proxy/signal proxy/ca " +
		"proxy/capture proxy/capture/history proxy/decrypt proxy/devices proxy/flow proxy/localpage " +
		"proxy/process proxy/reason proxy/rules proxy/upstream proxy/outgoing proxy/clienthello"},
	{"app/repeat", "proxy/outgoing proxy/flow proxy/reason proxy/content proxy/content/jsonquery"},
	{"app/conversation", "proxy/outgoing proxy/flow proxy/reason proxy/signal proxy/websocket"},
	{"app/sessions", "app/desktop/atomicfile proxy/archive/... proxy/capture/history proxy/filelock proxy/flow proxy/reason proxy/redact"},
	{"app/compose", "app/desktop/atomicfile proxy/outgoing proxy/archive proxy/archive/commandline proxy/archive/rawhttp " +
		"proxy/bounded proxy/content proxy/flow proxy/http1 proxy/reason proxy/websocket"},
	{"app/groups", "app/compose app/repeat"},
	{"app/switches/systemproxy", "app app/settings app/desktop/sysproxy proxy/flow proxy/signal proxy/upstream"},
	{"app/switches/internal/statetable", forTests},
	{"app/switches/systementry", "app app/settings app/desktop/autostart proxy/signal"},

	{"assets", ""},
	{"assets/gen", ""},

	// The window: values and the controller. What has no toolkit is tested without one.
	{"ui/i18n", toolkit},
	{"ui/visible", ""},
	{"ui/syntax", "proxy/content ui/visible"},
	{"ui/virtual", toolkit},
	{"ui/uitest", "toolkit app/... proxy/capture proxy/capture/history proxy/capture/query proxy/flow proxy/signal " + forTests},
	{"ui/words", "app/... proxy/filelock proxy/flow proxy/reason ui/i18n ui/visible"},
	{"ui/style", "toolkit proxy/flow ui/i18n ui/words"},
	{"ui/widget", "toolkit " + icons + "assets proxy/flow ui/i18n ui/style ui/visible ui/words"},
	{"ui/filedialog", "toolkit app/desktop/filechooser ui/i18n ui/widget"},
	{"ui/command", "toolkit ui/i18n ui/style ui/virtual ui/widget"},
	{"ui/rail", "toolkit ui/i18n ui/style ui/widget"},
	{"ui/rules", "toolkit app app/desktop/atomicfile app/settings proxy/compare proxy/content proxy/flow proxy/rules proxy/rules/imports " +
		"ui/filedialog " +
		"ui/i18n ui/style ui/virtual ui/visible ui/widget ui/words"},
	{"ui/feed", icons + "proxy/capture proxy/capture/history proxy/capture/query proxy/flow proxy/signal"},
	{"ui/document", values + "toolkit proxy/signal ui/i18n ui/style ui/syntax ui/visible ui/widget ui/words"},
	{"ui/list", values + "toolkit app app/settings " + icons + "ui/feed ui/i18n ui/style ui/virtual ui/widget ui/words"},
	{"ui/sidebar", values + "toolkit app app/settings " + icons + "ui/feed ui/i18n ui/style ui/virtual ui/widget ui/words"},
	{"ui/details", values + "toolkit assets app/desktop/atomicfile " + icons +
		"ui/document ui/filedialog ui/i18n ui/style ui/visible ui/widget ui/words"},
	{"ui/comparison", values + "toolkit app/desktop/atomicfile ui/document ui/filedialog ui/i18n ui/style ui/virtual ui/widget ui/words"},
	{"ui/compose", values + "toolkit app/compose app/conversation app/repeat proxy/websocket ui/details ui/document ui/filedialog " +
		"ui/i18n ui/style ui/virtual ui/visible ui/widget ui/words"},
	{"ui/breaks", "toolkit app/compose proxy/bounded proxy/breakpoints proxy/capture/query proxy/content proxy/flow ui/compose " +
		"ui/document ui/feed ui/filedialog ui/i18n ui/style ui/virtual ui/visible ui/widget ui/words"},
	{"ui/groups", values + "toolkit app/compose app/groups app/repeat ui/compose ui/document ui/filedialog ui/i18n ui/style ui/virtual " +
		"ui/visible ui/widget ui/words"},
	{"ui/search", values + "toolkit proxy/capture/search ui/i18n ui/style ui/virtual ui/widget ui/words"},
	{"ui/setup", "toolkit app/... proxy/capture proxy/flow ui/i18n ui/virtual ui/visible ui/widget ui/words"},
	{"ui/settings", "toolkit app app/settings ui/i18n ui/setup ui/style ui/widget ui/words"},
	{"ui/share", "toolkit proxy/flow proxy/redact ui/i18n ui/widget ui/words"},
	{"ui/tray", "toolkit app app/settings app/desktop/trayhost app/switches/systemproxy assets ui/i18n"},
	{"ui", values + "toolkit app/... assets proxy/breakpoints proxy/rules proxy/signal ui/..."},

	{"cmd/posthoused", "app/... proxy/archive/... proxy/ca proxy/capture proxy/capture/query proxy/compare proxy/export proxy/flow " +
		"proxy/localpage proxy/outgoing proxy/reason proxy/redact proxy/bounded proxy/rules proxy/rules/imports"},
	{"cmd/posthoused/clients", forTests},
	{"cmd/posthouse", "toolkit app/... ui"},
	{"cmd/posthouse/e2e", forTests},
	{"cmd/posthouse/perf", "proxy/capture proxy/capture/history proxy/flow"},

	{".ci/house", ""},
	{".ci/pack", ""},
	{".ci/check", ".ci/house"},
}
