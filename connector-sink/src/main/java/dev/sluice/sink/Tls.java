package dev.sluice.sink;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.apache.kafka.common.config.ConfigException;

/** The certificates of the settings, made into what the JDK's TLS wants. */
final class Tls {
  private static final List<String> KEY_KINDS = List.of("RSA", "EC", "Ed25519");
  private static final char[] NO_PASSWORD = {};

  private Tls() {}

  /**
   * Null where the sink speaks plain HTTP.
   *
   * @throws ConfigException when a file holds something else than it should
   */
  static SSLContext of(SinkConfig config) {
    if (!config.ssl()) {
      return null;
    }
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      // Null stands for what the Java runtime trusts, and for no certificate of one's own.
      context.init(ownKeys(config), trusted(config), null);
      return context;
    } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
      throw new ConfigException(
          "%s, %s or %s cannot be used (%s): wanted are PEM files, and the key in PKCS#8"
              .formatted(
                  SinkSettings.CA_CERTIFICATE,
                  SinkSettings.CLIENT_CERTIFICATE,
                  SinkSettings.CLIENT_KEY,
                  e.getMessage()));
    }
  }

  private static TrustManager[] trusted(SinkConfig config)
      throws GeneralSecurityException, IOException {
    if (config.caCertificate().isEmpty()) {
      return null;
    }
    KeyStore store = emptyStore();
    int count = 0;
    for (Certificate certificate : certificates(config.caCertificate())) {
      store.setCertificateEntry("ca" + count++, certificate);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  private static KeyManager[] ownKeys(SinkConfig config)
      throws GeneralSecurityException, IOException {
    if (config.clientCertificate().isEmpty()) {
      return null;
    }
    KeyStore store = emptyStore();
    store.setKeyEntry(
        "client",
        key(config.clientKey()),
        NO_PASSWORD,
        certificates(config.clientCertificate()).toArray(Certificate[]::new));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static Collection<? extends Certificate> certificates(String file)
      throws GeneralSecurityException, IOException {
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      Collection<? extends Certificate> found =
          CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (found.isEmpty()) {
        throw new IllegalArgumentException("no certificate in " + file);
      }
      return found;
    }
  }

  private static PrivateKey key(String file) throws GeneralSecurityException, IOException {
    String base64 = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----|\\s", "");
    PKCS8EncodedKeySpec encoded = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64));
    for (String kind : KEY_KINDS) {
      try {
        return KeyFactory.getInstance(kind).generatePrivate(encoded);
      } catch (InvalidKeySpecException e) {
        // It is a key of another kind.
      }
    }
    throw new IllegalArgumentException("no private key in " + file);
  }
}
