package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// The peers' settings: nothing is cached, filtered or logged, and every limit
// is set in their favour.

const privoxyConfig = `confdir %[1]s
logdir %[1]s
templdir /etc/privoxy/templates
listen-address %[2]s
toggle 0
debug 0
enable-remote-toggle 0
enable-edit-actions 0
enforce-blocks 0
keep-alive-timeout 600
default-server-timeout 600
tolerate-pipelining 1
connection-sharing 1
socket-timeout 600
max-client-connections 16000
`

func privoxy(s setup) ([]string, error) {
	config, err := writeConfig(s.dir, "privoxy.conf", fmt.Sprintf(privoxyConfig, s.dir, s.addr))
	return []string{"/usr/sbin/privoxy", "--no-daemon", config}, err
}

const squidConfig = `http_port %[1]s
workers %[2]d
visible_hostname bench
pid_filename %[3]s/squid.pid
cache_log %[3]s/cache.log
coredump_dir %[3]s
access_log none
cache_store_log none
cache deny all
cache_mem 0 MB
http_access allow all
via off
forwarded_for delete
pinger_enable off
netdb_filename none
max_filedescriptors 20000
shutdown_lifetime 1 second
read_timeout 1 hour
client_lifetime 1 day
client_idle_pconn_timeout 1 hour
server_idle_pconn_timeout 1 hour
`

// squid gets a worker for each of the proxies' CPUs. Its workers meet in a
// directory that only root and the package's own user may use.
func squid(s setup) ([]string, error) {
	workers := 1
	if os.Getuid() == 0 {
		workers = 2
	}
	config, err := writeConfig(s.dir, "squid.conf", fmt.Sprintf(squidConfig, s.addr, workers, s.dir))
	return []string{"/usr/sbin/squid", "--foreground", "-n", "bench" + port(s.addr), "-f", config}, err
}

const tinyproxyConfig = `Port %[1]s
Listen 127.0.0.1
Allow 127.0.0.1
Timeout 3600
MaxClients 16000
LogLevel Critical
LogFile "%[2]s/tinyproxy.log"
PidFile "%[2]s/tinyproxy.pid"
DisableViaHeader Yes
`

func tinyproxy(s setup) ([]string, error) {
	config, err := writeConfig(s.dir, "tinyproxy.conf", fmt.Sprintf(tinyproxyConfig, port(s.addr), s.dir))
	return []string{"/usr/bin/tinyproxy", "-d", "-c", config}, err
}

const apacheConfig = `ServerRoot %[1]s
DefaultRuntimeDir %[1]s
ServerName bench
Listen %[2]s
ListenBacklog 4096
PidFile %[1]s/apache.pid
ErrorLog %[1]s/apache-error.log
LogLevel crit
%[3]sLoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LoadModule proxy_connect_module /usr/lib/apache2/modules/mod_proxy_connect.so
StartServers 2
ServerLimit 2
ThreadsPerChild 128
MaxRequestWorkers 256
MinSpareThreads 256
MaxSpareThreads 256
MaxConnectionsPerChild 0
Timeout 3600
KeepAlive On
KeepAliveTimeout 3600
MaxKeepAliveRequests 0
ProxyRequests On
ProxyVia Off
AllowCONNECT 1-65535
<Proxy "*">
	Require all granted
</Proxy>
`

func apache(s setup) ([]string, error) {
	user := ""
	if os.Getuid() == 0 {
		user = "User www-data\nGroup www-data\n"
	}
	config, err := writeConfig(s.dir, "apache.conf", fmt.Sprintf(apacheConfig, s.dir, s.addr, user))
	return []string{"/usr/sbin/apache2", "-DFOREGROUND", "-f", config}, err
}

func writeConfig(dir, name, text string) (string, error) {
	path := filepath.Join(dir, name)
	return path, os.WriteFile(path, []byte(text), 0o644)
}
