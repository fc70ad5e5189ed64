import java.io.FileInputStream;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** java Ask.java URL CA [PROXY]: two requests by java.net.http. */
class Ask {
    public static void main(String[] args) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null);
        try (FileInputStream in = new FileInputStream(args[1])) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        HttpClient.Builder builder = HttpClient.newBuilder().sslContext(context);
        if (args.length > 2) {
            int colon = args[2].lastIndexOf(':');
            builder.proxy(ProxySelector.of(
                new InetSocketAddress(args[2].substring(0, colon), Integer.parseInt(args[2].substring(colon + 1)))));
        }
        HttpClient client = builder.build();
        for (String path : new String[] {"one", "two?a=b"}) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(args[0] + path)).header("X-B", "1").header("Cookie", "a=1")
                .header("x-a", "2").header("Authorization", "Bearer secret").build();
            String body = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
            if (!body.equals("seen")) {
                throw new Exception("got " + body);
            }
        }
        System.exit(0); // its threads would stay for a minute
    }
}
