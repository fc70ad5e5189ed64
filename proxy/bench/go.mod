module posthouse/proxy/bench

go 1.26.0

require (
	github.com/elazarl/goproxy v1.9.3
	github.com/google/martian/v3 v3.3.3
	golang.org/x/sync v0.24.0
	golang.org/x/sys v0.49.0
)

require (
	golang.org/x/net v0.50.0 // indirect
	golang.org/x/text v0.34.0 // indirect
)
