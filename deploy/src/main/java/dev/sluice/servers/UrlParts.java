package dev.sluice.servers;

import dev.sluice.SluiceException;
import java.net.URI;

/** A server's URL taken apart, its user info decoded. */
record UrlParts(URI uri) {

  /**
   * @param schemes a regular expression of the schemes allowed
   * @throws SluiceException naming {@code setting} and {@code form}; it never repeats the URL,
   *     which may hold a password
   */
  static UrlParts parse(String url, String setting, String form, String schemes) {
    URI uri = null;
    try {
      uri = URI.create(url);
    } catch (IllegalArgumentException e) {
      // Said below, in one wording for everything that is wrong with a URL.
    }
    if (uri == null
        || uri.getHost() == null
        || uri.getScheme() == null
        || !uri.getScheme().matches(schemes)) {
      throw new SluiceException(setting + " is not of the form " + form + ".");
    }
    return new UrlParts(uri);
  }

  String host() {
    return uri.getHost();
  }

  int port(int otherwise) {
    return uri.getPort() < 0 ? otherwise : uri.getPort();
  }

  String path(String otherwise) {
    String path = uri.getPath();
    return path == null || path.length() < 2 ? otherwise : path.substring(1);
  }

  String user(String otherwise) {
    return uri.getUserInfo() == null ? otherwise : uri.getUserInfo().split(":", 2)[0];
  }

  String password(String otherwise) {
    String info = uri.getUserInfo();
    return info == null || !info.contains(":") ? otherwise : info.split(":", 2)[1];
  }
}
