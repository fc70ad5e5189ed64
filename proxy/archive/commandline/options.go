package commandline

import (
	"strings"

	"posthouse/proxy/reason"
)

// Options of curl up to 8.16, from curl --help all and its manual: those that take a
// value, and those that do not. A test compares them with the curl that is there.
const withValue = `abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout connect-to
continue-at cookie cookie-jar create-file-mode crlfile curves data data-ascii data-binary data-raw data-urlencode delegation
dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url dump-header ech egd-file engine etag-compare etag-save
expect100-timeout form form-string ftp-account ftp-alternative-to-user ftp-method ftp-port ftp-ssl-ccc-mode
happy-eyeballs-timeout-ms haproxy-clientip header help hostpubmd5 hostpubsha256 hsts interface ip-tos ipfs-gateway json
keepalive-cnt keepalive-time key key-type knownhosts krb libcurl limit-rate local-port login-options mail-auth mail-from mail-rcpt
max-filesize max-redirs max-time netrc-file noproxy oauth2-bearer output output-dir parallel-max parallel-max-host pass pinnedpubkey
preproxy proto proto-default proto-redir proxy proxy-cacert proxy-capath proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile
proxy-header proxy-key proxy-key-type proxy-pass proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype
proxy-tlspassword proxy-tlsuser proxy-user proxy1.0 pubkey quote random-file range rate referer request request-target resolve
retry retry-delay retry-max-time sasl-authzid service-name sigalgs socks4 socks4a socks5 socks5-gssapi-service socks5-hostname
speed-limit speed-time stderr telnet-option tftp-blksize time-cond tls-max tls13-ciphers tlsauthtype tlspassword tlsuser trace
trace-ascii trace-config unix-socket upload-file upload-flags url url-query user user-agent variable vlan-priority write-out`

const withoutValue = `anyauth append basic ca-native cert-status compressed compressed-ssh create-dirs crlf digest disable disable-eprt
disable-epsv disallow-username-in-url doh-cert-status doh-insecure dump-ca-embed fail fail-early fail-with-body false-start follow
form-escape ftp-create-dirs ftp-pasv ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-control get globoff haproxy-protocol head http0.9
http1.0 http1.1 http2 http2-prior-knowledge http3 http3-only ignore-content-length include insecure ipv4 ipv6 junk-session-cookies
list-only location location-trusted mail-rcpt-allowfails manual metalink mptcp negotiate netrc netrc-optional next alpn buffer clobber
keepalive npn progress-meter sessionid ntlm ntlm-wb out-null parallel parallel-immediate path-as-is post301 post302 post303 progress-bar
proxy-anyauth proxy-basic proxy-ca-native proxy-digest proxy-http2 proxy-insecure proxy-negotiate proxy-ntlm proxy-ssl-allow-beast
proxy-ssl-auto-client-cert proxy-tlsv1 proxytunnel raw remote-header-name remote-name remote-name-all remote-time remove-on-error
retry-all-errors retry-connrefused sasl-ir show-error show-headers silent skip-existing socks5-basic socks5-gssapi socks5-gssapi-nec ssl
ssl-allow-beast ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 sslv3 styled-output suppress-connect-headers
tcp-fastopen tcp-nodelay tftp-no-options tls-earlydata tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace-ids trace-time use-ascii
verbose version xattr eprt epsv`

// letters are the short names.
var letters = map[byte]string{'a': "append", 'E': "cert", 'K': "config", 'C': "continue-at", 'b': "cookie", 'c': "cookie-jar",
	'd': "data", 'q': "disable", 'D': "dump-header", 'f': "fail", 'F': "form", 'P': "ftp-port", 'G': "get", 'g': "globoff", 'I': "head",
	'H': "header", 'h': "help", '0': "http1.0", 'i': "include", 'k': "insecure", '4': "ipv4", '6': "ipv6", 'j': "junk-session-cookies",
	'l': "list-only", 'L': "location", 'M': "manual", 'm': "max-time", 'n': "netrc", ':': "next", 'N': "buffer", 'o': "output",
	'Z': "parallel", '#': "progress-bar", 'x': "proxy", 'U': "proxy-user", 'p': "proxytunnel", 'Q': "quote", 'r': "range", 'e': "referer",
	'J': "remote-header-name", 'O': "remote-name", 'R': "remote-time", 'X': "request", 'S': "show-error", 's': "silent", 'Y': "speed-limit",
	'y': "speed-time", '2': "sslv2", '3': "sslv3", 't': "telnet-option", 'z': "time-cond", '1': "tlsv1", 'T': "upload-file",
	'B': "use-ascii", 'u': "user", 'A': "user-agent", 'v': "verbose", 'V': "version", 'w': "write-out"}

// takes maps each long name to whether it takes a value.
var takes = func() map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(withValue) {
		all[name] = true
	}
	for _, name := range strings.Fields(withoutValue) {
		all[name] = false
	}
	return all
}()

// option is an option of a command.
type option struct {
	name  string // its long name, "url" of a word that is none
	value string
	off   bool // --no-NAME
	at    int  // of the option
	place int  // of its value
}

// options takes the words of a command apart, as curl does.
func options(words []word) ([]option, error) {
	var all []option
	flags := true
	for i := 0; i < len(words); i++ {
		w := words[i]
		value := func(o option) (option, error) {
			if i++; i == len(words) {
				return o, &fault{w.at, reason.CommandValue.With("--" + o.name)}
			}
			o.value, o.place = words[i].text, words[i].at
			return o, nil
		}
		switch {
		case flags && w.text == "--":
			flags = false
		case flags && strings.HasPrefix(w.text, "--"):
			o, err := longOption(w)
			if err == nil && takes[o.name] {
				o, err = value(o)
			}
			if err != nil {
				return nil, err
			}
			all = append(all, o)
		case flags && len(w.text) > 1 && w.text[0] == '-':
			for at := 1; at < len(w.text); at++ {
				name := letters[w.text[at]]
				if name == "" {
					return nil, &fault{w.at, reason.CommandOption.With("-" + w.text[at:at+1])}
				}
				o := option{name: name, at: w.at, off: w.text[at] == 'N'}
				if takes[name] {
					if o.value, o.place = w.text[at+1:], w.at; o.value == "" {
						var err error
						if o, err = value(o); err != nil {
							return nil, err
						}
					}
					at = len(w.text)
				}
				all = append(all, o)
			}
		default:
			all = append(all, option{name: "url", value: w.text, at: w.at, place: w.at})
		}
	}
	return all, nil
}

// longOption finds an option by its name, or by the beginning of one name alone.
func longOption(w word) (option, error) {
	name := strings.TrimPrefix(w.text, "--")
	if expanded, ok := strings.CutPrefix(name, "expand-"); ok && takes[expanded] {
		name = expanded // its {{variables}} stay
	}
	if _, ok := takes[name]; ok {
		return option{name: name, at: w.at}, nil
	}
	if positive, ok := strings.CutPrefix(name, "no-"); ok {
		if value, known := takes[positive]; known && !value {
			return option{name: positive, at: w.at, off: true}, nil
		}
	}
	found := ""
	for candidate := range takes {
		if name != "" && strings.HasPrefix(candidate, name) {
			if found != "" {
				return option{}, &fault{w.at, reason.CommandShort.With(w.text)}
			}
			found = candidate
		}
	}
	if found == "" {
		return option{}, &fault{w.at, reason.CommandOption.With(w.text)}
	}
	return option{name: found, at: w.at}, nil
}

// sending are the options that change how a request is sent.
var sending = func() map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(`abstract-unix-socket alt-svc ca-native cacert capath cert-status ciphers connect-timeout
connect-to curves dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url ech expect100-timeout follow happy-eyeballs-timeout-ms
haproxy-clientip haproxy-protocol hsts http2-prior-knowledge insecure interface ipv4 ipv6 keepalive-time limit-rate local-port location
location-trusted max-redirs max-time mptcp alpn noproxy pinnedpubkey post301 post302 post303 preproxy proto proto-redir proxy proxy-anyauth
proxy-basic proxy-cacert proxy-capath proxy-digest proxy-header proxy-http2 proxy-insecure proxy-negotiate proxy-ntlm proxy-user proxy1.0
proxytunnel resolve retry retry-all-errors retry-connrefused retry-delay retry-max-time sigalgs socks4 socks4a socks5
socks5-hostname speed-limit speed-time sslv2 sslv3 tcp-fastopen tls-max tls13-ciphers tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding
unix-socket`) {
		all[name] = true
	}
	return all
}()

// secret are options whose values do not belong into a note.
var secret = map[string]bool{"proxy-user": true, "proxy-header": true}

// files are options that name a file that would be read.
var files = map[string]bool{"config": true, "netrc-file": true, "cert": true, "key": true, "proxy-cert": true, "proxy-key": true,
	"upload-file": true, "etag-compare": true}

// computed are credentials that are made while sending.
var computed = map[string]bool{"digest": true, "ntlm": true, "ntlm-wb": true, "negotiate": true, "anyauth": true, "aws-sigv4": true}
