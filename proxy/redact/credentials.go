package redact

import (
	"bytes"
	"slices"
	"strings"
)

// Credentials (RFC 9110 section 11.4): a scheme, and then a token or parameters.

// maxScheme is the longest word that is taken for a scheme, in bytes.
const maxScheme = 32

// openParams are parameters of credentials that are no secret.
var openParams = setOf(`realm qop nc uri algorithm charset userhash type version stale domain scope error error_description
	error_uri signedheaders headers oauth_version oauth_signature_method oauth_timestamp method`)

// tokenSchemes are the schemes that one token follows.
var tokenSchemes = []string{"bearer", "basic", "negotiate", "ntlm", "token", "apikey", "dpop", "kerberos"}

// credentials masks what follows the scheme. In a challenge only tokens are masked, for its
// parameters are no secret.
func (s values) credentials(from, to int, challenge bool, read reading) {
	value := s.b[from:to]
	n := bytes.IndexAny(value, " \t")
	if n < 0 || n > maxScheme || !isScheme(value[:n]) {
		switch {
		case challenge: // Negotiate alone
		case n < 0 && !isParams(value):
			s.mask(Credentials, from, to, read(value), false)
		case n < 0 || isParams(value):
			s.credentialParams(from, to, read)
		default:
			s.mask(Credentials, from, to, read(value), false)
		}
		return
	}
	scheme := strings.ToLower(string(value[:n]))
	rest := from + n
	for rest < to && (s.b[rest] == ' ' || s.b[rest] == '\t' || s.b[rest] == '\r' || s.b[rest] == '\n') {
		rest++
	}
	switch token := s.b[rest:to]; {
	case challenge && !isParams(token) && scheme != "basic":
		s.mask(Credentials, rest, to, read(token), false)
	case challenge:
	case slices.Contains(tokenSchemes, scheme) && !(scheme == "token" && isParams(token)):
		s.token(scheme, rest, to, read)
	case isParams(token):
		s.credentialParams(rest, to, read)
	default:
		s.mask(Credentials, rest, to, read(token), false)
	}
}

// token masks one token; of Basic what it says is remembered, too.
func (s values) token(scheme string, from, to int, read reading) {
	value := read(s.b[from:to])
	if scheme == "basic" {
		if pair := basic(value); pair != nil {
			s.learnPair(pair)
			value = pair
		}
	}
	s.mask(Credentials, from, to, value, false)
}

// learnPair remembers the password of user:password.
func (s *scan) learnPair(pair []byte) {
	if _, password, ok := bytes.Cut(pair, []byte(":")); ok {
		s.m.table.learn(password)
	}
}

func isScheme(b []byte) bool {
	for _, c := range b {
		if !isTokenByte(c) || c == '.' {
			return false
		}
	}
	return len(b) > 0
}

// isParams reports whether credentials are a list of name=value.
func isParams(b []byte) bool {
	name, value, ok := bytes.Cut(b, []byte("="))
	name = bytes.TrimSpace(name)
	return ok && len(name) > 0 && len(name) <= 40 && isScheme(name) && len(bytes.Trim(value, "= \t")) > 0
}

// credentialParams masks the values of parameters but for those that are open.
func (s values) credentialParams(from, to int, read reading) {
	for from < to {
		equals := bytes.IndexByte(s.b[from:to], '=')
		if equals < 0 {
			return
		}
		name := bytes.Trim(s.b[from:from+equals], " \t\r\n,;\\")
		begin := from + equals + 1
		for begin < to && (s.b[begin] == ' ' || s.b[begin] == '\\') {
			begin++
		}
		end := begin
		if begin < to && s.b[begin] == '"' {
			begin++
			for end = begin; end < to && s.b[end] != '"'; end++ {
			}
			from = end + 1
		} else {
			for end < to && s.b[end] != ',' && s.b[end] != ';' {
				end++
			}
			from = end
			end = trimmedEnd(s.b, begin, end)
		}
		end = max(begin, begin+len(bytes.TrimRight(s.b[begin:end], `\`))) // within JSON the closing quote is escaped
		if openParams[strings.ToLower(string(name))] {
			s.anyText(begin, end)
		} else {
			s.mask(Credentials, begin, end, read(s.b[begin:end]), false)
		}
	}
}
