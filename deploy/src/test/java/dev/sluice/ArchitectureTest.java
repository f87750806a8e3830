package dev.sluice;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which package may know which: CONTRIBUTING.md draws it. */
final class ArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.sluice");

  /** Each line: a package, and those above it, which it must not know. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "servers   | catalogue,mapping,pipeline,load,verify,ops,doctor,local,lab,cli",
        "catalogue | mapping,pipeline,load,verify,ops,doctor,local,lab,cli",
        "mapping   | pipeline,load,verify,ops,doctor,local,lab,cli",
        "pipeline  | load,verify,ops,doctor,local,lab,cli",
        "load      | verify,ops,doctor,local,lab,cli",
        "verify    | ops,doctor,local,lab,cli",
        "ops       | doctor,local,lab,cli",
        "doctor    | local,lab,cli",
        "local     | lab,cli",
        "cli       | lab"
      })
  void arrowsGoDownOnly(String below, String above) {
    String[] packages =
        Stream.of(above.split(",")).map(name -> "dev.sluice." + name + "..").toArray(String[]::new);

    noClasses()
        .that()
        .resideInAPackage("dev.sluice." + below + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(packages)
        .check(CLASSES);
  }

  @Test
  void ofTheTransformOnlyItsSettingsAreKnown() {
    List<String> known =
        CLASSES.stream()
            .filter(each -> !each.getPackageName().startsWith("dev.sluice.smt"))
            .filter(each -> !each.getPackageName().startsWith("dev.sluice.json"))
            .flatMap(each -> each.getDirectDependenciesFromSelf().stream())
            .map(each -> each.getTargetClass().getFullName())
            .filter(
                name -> name.startsWith("dev.sluice.smt.") || name.startsWith("dev.sluice.json."))
            .distinct()
            .toList();

    assertThat(known).containsExactly("dev.sluice.smt.TopicSettings");
  }

  @Test
  void everyPackageOfTheHouseIsLookedAt() {
    assertThat(
            CLASSES.stream()
                .map(JavaClass::getPackageName)
                .map(name -> name.split("\\.").length > 2 ? name.split("\\.")[2] : "")
                .collect(Collectors.toSet()))
        .contains(
            "servers",
            "catalogue",
            "mapping",
            "pipeline",
            "load",
            "verify",
            "ops",
            "doctor",
            "local",
            "lab",
            "cli");
  }

  /** Also across the modules: whoever looks for a class finds one. */
  @Test
  void aNameIsOneClass() throws IOException {
    Map<String, List<String>> byName = new TreeMap<>();
    for (String module : List.of("../connector-smt", "../connector-sink", ".")) {
      Path sources = Path.of(module, "src/main/java");
      try (Stream<Path> files = Files.walk(sources)) {
        files
            .filter(file -> file.toString().endsWith(".java"))
            .filter(file -> !file.endsWith("package-info.java"))
            .forEach(
                file ->
                    byName
                        .computeIfAbsent(file.getFileName().toString(), name -> new ArrayList<>())
                        .add(file.toString()));
      }
    }
    byName.values().removeIf(places -> places.size() == 1);

    assertThat(byName).isEmpty();
  }
}
