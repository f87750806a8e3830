package dev.sluice.cli;

import dev.sluice.SluiceException;
import dev.sluice.servers.ConnectClient;
import java.util.Properties;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ScopeType;

/** The command line: {@code ./sluice COMMAND}. One class per command, in this package. */
@Command(
    name = "sluice",
    description = "Postgres rows become ClickHouse facts, continuously, through Kafka Connect.",
    subcommands = {
      UpCommand.class,
      OpsCommand.class,
      PrepareCommand.class,
      LoadCommand.class,
      RegisterCommand.class,
      StatusCommand.class,
      VerifyCommand.class,
      DoctorCommand.class,
      ResyncCommand.class
    },
    footer = {
      "",
      "./sluice test builds everything and runs all tests.",
      "",
      "Exit codes: 0 all is well; 1 it is not, and the message says what; 2 the command was used"
          + " wrongly; 3 it could not be told (a server away, rights missing)."
    },
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Sluice.Version.class)
public final class Sluice {

  /** The version of this build, from the resources that Maven filters. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() throws Exception {
      Properties build = new Properties();
      try (var in = Sluice.class.getResourceAsStream("/build.properties")) {
        build.load(in);
      }
      return new String[] {"sluice " + build.getProperty("version")};
    }
  }

  private Sluice() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    CommandLine commandLine = commandLine();
    int code = commandLine.execute(args);
    commandLine.getOut().flush(); // it does so by itself after whole lines only
    System.exit(code);
  }

  static CommandLine commandLine() {
    CommandLine sluice = new CommandLine(new Sluice());
    ServiceLoader.load(AddedCommand.class).forEach(sluice::addSubcommand);
    return sluice
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (exception, commandLine, parsed) -> {
              if (exception instanceof SluiceException
                  || exception instanceof ConnectClient.Unreachable) {
                commandLine.getErr().println("sluice: " + exception.getMessage());
              } else {
                exception.printStackTrace(commandLine.getErr());
              }
              return exception instanceof UsageException
                  ? ExitCode.USED_WRONGLY
                  : ExitCode.NOT_WELL;
            });
  }
}
