package dev.sluice.ops;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Debian's Chromium without a window, and what its pages complained of. */
final class Chromium implements AutoCloseable {

  private static final Path BROWSER =
      Path.of(System.getenv().getOrDefault("SLUICE_CHROMIUM", "/usr/bin/chromium"));

  private final Playwright playwright;
  private final Browser browser;
  private final BrowserContext context;
  private final List<String> complaints = new ArrayList<>();

  private Chromium() {
    // Playwright would bring browsers of its own otherwise.
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(BROWSER)
                    .setArgs(List.of("--no-sandbox", "--disable-background-networking")));
    context = browser.newContext(new Browser.NewContextOptions().setViewportSize(1280, 800));
  }

  /** Starts it, or skips the tests of the class and says why. */
  static Chromium orSkip() {
    String reason = BROWSER + " is missing: install Debian's chromium, or set SLUICE_CHROMIUM.";
    if (!Files.isExecutable(BROWSER)) {
      System.err.println("Browser tests are SKIPPED: " + reason);
    }
    assumeTrue(Files.isExecutable(BROWSER), reason);
    return new Chromium();
  }

  /** A new tab; dialogs, script errors and refusals of the content-security policy are noted. */
  Page page() {
    Page page = context.newPage();
    page.setDefaultTimeout(30_000);
    page.onDialog(
        dialog -> {
          complaints.add("dialog: " + dialog.message());
          dialog.dismiss();
        });
    page.onPageError(error -> complaints.add("script error: " + error));
    page.onConsoleMessage(
        message -> {
          String text = message.text();
          // What the network refuses is said as an error too, and is no fault of the page.
          if (message.type().equals("error") && !text.startsWith("Failed to load resource")) {
            complaints.add("console: " + text);
          }
        });
    return page;
  }

  /** With {@code -Dsluice.pictures=FOLDER}, keeps what the page looks like, in light and dark. */
  void picture(Page page, String name) {
    String folder = System.getProperty("sluice.pictures");
    if (folder == null) {
      return;
    }
    for (ColorScheme scheme : List.of(ColorScheme.DARK, ColorScheme.LIGHT)) {
      page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
      page.screenshot(
          new Page.ScreenshotOptions()
              .setFullPage(true)
              .setPath(Path.of(folder, name + "-" + scheme.name().toLowerCase() + ".png")));
    }
  }

  /** What the pages complained of since the last call. */
  List<String> complaints() {
    List<String> all = List.copyOf(complaints);
    complaints.clear();
    return all;
  }

  @Override
  public void close() {
    browser.close();
    playwright.close();
  }
}
