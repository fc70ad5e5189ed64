package clientcheck

import (
	"context"
	"net"
	"path/filepath"
	"regexp"
	"strings"

	"posthouse/app/clients/internal/host"
	"posthouse/app/clients/shellenv"
)

const javaProgram = `import java.io.*;
import java.net.*;
import java.security.cert.X509Certificate;
import javax.net.ssl.*;

public class Check {
    public static void main(String[] a) throws Exception {
        URL url = new URI(a[0]).toURL();
        HttpsURLConnection c;
        if (a.length > 2) {
            c = (HttpsURLConnection) url.openConnection(new Proxy(Proxy.Type.HTTP, new InetSocketAddress(a[1], Integer.parseInt(a[2]))));
        } else {
            SSLContext any = SSLContext.getInstance("TLS");
            any.init(null, new TrustManager[] { new X509TrustManager() {
                public void checkClientTrusted(X509Certificate[] chain, String type) { }
                public void checkServerTrusted(X509Certificate[] chain, String type) { }
                public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
            } }, null);
            c = (HttpsURLConnection) url.openConnection();
            c.setSSLSocketFactory(any.getSocketFactory());
            c.setHostnameVerifier((host, session) -> true);
        }
        c.setConnectTimeout(10000);
        c.setReadTimeout(15000);
        try (BufferedReader r = new BufferedReader(new InputStreamReader(c.getInputStream()))) {
            System.out.println(r.readLine());
        }
    }
}
`

var (
	javaVersion = regexp.MustCompile(`java\.version = (\S+)`)
	javaHome    = regexp.MustCompile(`java\.home = ([^\n]+)`)
	// noCompiler is how a Java says that it runs no source files: version 8 takes
	// the file's name for a class, and one without the compiler lacks its module.
	noCompiler = regexp.MustCompile(`(?i)could not find or load main class|module jdk\.compiler not found|unable to .*compiler`)
)

// java runs a program of one file; a Java that has no compiler is taken at what
// its store holds.
func (c *Checkup) java() client {
	names := []string{"java"}
	if home := c.computer.Get("JAVA_HOME"); home != "" {
		names = append([]string{filepath.Join(home, "bin", "java")}, names...)
	}
	r := c.row(Java, names...)
	return client{r, func(ctx context.Context, r *Result) {
		said := c.version(ctx, r, command{path: r.Path, args: []string{"-XshowSettings:properties", "-version"},
			env: c.computer.With("LC_ALL=C")}, javaVersion)
		home := ""
		if found := javaHome.FindStringSubmatch(said); found != nil {
			home = strings.TrimSpace(found[1])
		}
		file, err := c.write("Check.java", javaProgram)
		if err != nil {
			r.State, r.Reason, r.Said = Untested, ReasonStart, clipped(err.Error())
			return
		}
		host, port, _ := net.SplitHostPort(c.proxy)
		c.tell(ctx, r, try{command: func(url string) command {
			return command{path: r.Path, args: []string{file, url, host, port}, env: c.computer.With("LC_ALL=C"), dir: filepath.Dir(file)}
		}})
		runs := !(r.State == Elsewhere && noCompiler.MatchString(r.Said))
		if !runs {
			c.lookIntoJava(ctx, r, home)
		}
		c.remedies.javaTrust(r, home)
		if n := c.routes.javaProxy(home); !c.routes.elsewhere(ctx, r, n) && runs {
			c.wander(ctx, r, func(url string) command {
				return command{path: r.Path, args: []string{file, url}, env: c.computer.With("LC_ALL=C"), dir: filepath.Dir(file)}
			})
		}
		if r.Route == RouteDirect || r.Route == RouteOther {
			host, port, _ := net.SplitHostPort(c.remedies.proxy)
			options := strings.TrimSpace(c.computer.Get("JAVA_TOOL_OPTIONS") + " -Dhttp.proxyHost=" + host + " -Dhttp.proxyPort=" +
				port + " -Dhttps.proxyHost=" + host + " -Dhttps.proxyPort=" + port)
			if line, err := shellenv.Assign(c.remedies.shell, "JAVA_TOOL_OPTIONS", options); err == nil {
				r.Remedies = append(r.Remedies, Remedy{ForRoute, SetVariable, line})
			}
		}
	}}
}

// lookIntoJava looks for the authority in a store.
func (c *Checkup) lookIntoJava(ctx context.Context, r *Result, home string) {
	store := host.JavaStore(home)
	tool := c.computer.Find(filepath.Join(home, "bin", "keytool"), "keytool")
	a, err := c.o.Host.Authority()
	if store == "" || tool == "" || err != nil {
		r.State, r.Reason = Untested, ReasonStart
		return
	}
	out := run(ctx, c.placed(command{path: tool, args: []string{"-list", "-keystore", store, "-storepass", "changeit"},
		env: c.computer.With("LC_ALL=C")}), c.o.Limit, nil)
	r.State, r.Reason, r.Said = Untrusted, ReasonLooked, ""
	if strings.Contains(out.stdout, a.Fingerprint()) {
		r.State = Trusted
	}
}
