package dev.sluice.sink;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * What two parties that know only each other need for HTTPS.
 *
 * @param server shows the server's certificate and trusts that of the client
 * @param serverCertificate PEM, for the client to trust
 * @param clientCertificate PEM
 * @param clientKey PEM
 */
record Certificates(
    SSLContext server, Path serverCertificate, Path clientCertificate, Path clientKey) {

  private static final String PASSWORD = "changeit";

  static Certificates create(Path dir) throws Exception {
    Path store = dir.resolve("both.p12");
    for (String name : List.of("server", "client")) {
      keytool(
          store,
          "-genkeypair",
          name,
          "-keyalg",
          "RSA",
          "-dname",
          "CN=" + name,
          "-ext",
          "san=ip:127.0.0.1");
      keytool(store, "-exportcert", name, "-rfc", "-file", dir.resolve(name + ".pem").toString());
    }
    KeyStore both = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      both.load(in, PASSWORD.toCharArray());
    }
    byte[] key = both.getKey("client", PASSWORD.toCharArray()).getEncoded();
    Path keyFile =
        Files.writeString(
            dir.resolve("client.key"),
            "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(key)
                + "\n-----END PRIVATE KEY-----\n");
    return new Certificates(
        context(both), dir.resolve("server.pem"), dir.resolve("client.pem"), keyFile);
  }

  private static void keytool(Path store, String command, String alias, String... more)
      throws Exception {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    line.addAll(List.of(command, "-alias", alias, "-keystore", store.toString()));
    line.addAll(List.of("-storepass", PASSWORD));
    line.addAll(List.of(more));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new IllegalStateException("keytool: " + said);
    }
  }

  private static SSLContext context(KeyStore both) throws Exception {
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    char[] password = PASSWORD.toCharArray();
    own.setKeyEntry(
        "server", both.getKey("server", password), password, both.getCertificateChain("server"));
    own.setCertificateEntry("client", both.getCertificate("client"));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, password);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(own);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }
}
