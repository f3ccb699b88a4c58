package dev.varve.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The shape of the code base. Think about the layers before changing this file. */
class ArchitectureTest {
    /** Modules whose sub-packages are nobody else's business, but for those in {@link #SECOND_DOORS}. */
    static final List<String> MODULES = List.of("blobstore", "catalog", "ingest", "query", "controller", "sdk");

    /** Sub-packages that others may use: values a module shares, and what stands for itself. */
    static final Set<String> SECOND_DOORS = Set.of(
            "dev.varve.ingest.decode",
            "dev.varve.blobstore.object",
            "dev.varve.blobstore.media",
            "dev.varve.blobstore.chunk",
            "dev.varve.blobstore.replica",
            "dev.varve.blobstore.zookeeper",
            "dev.varve.controller.placement",
            "dev.varve.controller.zookeeper");

    /** The packages that may use each heavy library. */
    static final List<Map.Entry<String, List<String>>> OWNERS = List.of(
            Map.entry(
                    "io.undertow..",
                    List.of("dev.varve.server.http..", "dev.varve.server.patience..", "dev.varve.server.s3..")),
            Map.entry("org.apache.arrow.flight..", List.of("dev.varve.server.flight..", "dev.varve.bench..")),
            Map.entry("io.grpc..", List.of("dev.varve.server.peer..")),
            Map.entry("io.netty..", List.of("dev.varve.server.peer..")),
            Map.entry("org.bouncycastle..", List.of("dev.varve.server.peer..")),
            Map.entry("org.yaml..", List.of("dev.varve.server.yaml..")),
            Map.entry("jakarta.mail..", List.of("dev.varve.server.alert..")),
            Map.entry("picocli..", List.of("dev.varve.server.cli..")),
            Map.entry("org.apache.calcite..", List.of("dev.varve.query.sql..")),
            Map.entry("org.duckdb..", List.of("dev.varve.query.leaf..", "dev.varve.bench..")),
            Map.entry("org.apache.parquet..", List.of("dev.varve.ingest.parquet..")),
            Map.entry("org.apache.iceberg..", List.of("dev.varve.catalog..")),
            Map.entry("org.apache.helix..", List.of("dev.varve.controller.helix..")),
            Map.entry(
                    "org.apache.zookeeper..",
                    List.of(
                            "dev.varve.controller.helix..",
                            "dev.varve.controller.zookeeper..",
                            "dev.varve.blobstore.zookeeper..")),
            Map.entry(
                    "org.rocksdb..",
                    List.of(
                            "dev.varve.blobstore.chunk..",
                            "dev.varve.blobstore.meta..",
                            "dev.varve.blobstore.rocks..")),
            Map.entry("com.uber.h3core..", List.of("dev.varve.model.space..")));

    private static final JavaClasses CLASSES =
            new ClassFileImporter().withImportOption(new DoNotIncludeTests()).importPackages("dev.varve");

    @Test
    void lowerLevelsDoNotKnowHigherOnes() {
        check(layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("model")
                .definedBy("dev.varve.model..")
                .layer("blobstore")
                .definedBy("dev.varve.blobstore..")
                .layer("catalog")
                .definedBy("dev.varve.catalog..")
                .layer("ingest")
                .definedBy("dev.varve.ingest..")
                .layer("query")
                .definedBy("dev.varve.query..")
                .layer("controller")
                .definedBy("dev.varve.controller..")
                .layer("server")
                .definedBy("dev.varve.server..")
                .layer("sdk")
                .definedBy("dev.varve.sdk..")
                .layer("bench")
                .definedBy("dev.varve.bench..")
                .withOptionalLayers(true)
                .whereLayer("sdk")
                .mayNotAccessAnyLayer()
                .whereLayer("model")
                .mayNotAccessAnyLayer()
                .whereLayer("blobstore")
                .mayOnlyAccessLayers("model")
                .whereLayer("catalog")
                .mayOnlyAccessLayers("model", "blobstore")
                .whereLayer("ingest")
                .mayOnlyAccessLayers("model", "blobstore", "catalog")
                .whereLayer("query")
                .mayOnlyAccessLayers("model", "blobstore", "catalog")
                .whereLayer("controller")
                .mayOnlyAccessLayers("model", "blobstore", "catalog")
                .whereLayer("server")
                .mayOnlyBeAccessedByLayers("bench"));
    }

    @ParameterizedTest
    @FieldSource("MODULES")
    void othersUseTheFrontDoor(String module) {
        String root = "dev.varve." + module;
        check(noClasses()
                .that()
                .resideOutsideOfPackage(root + "..")
                .should()
                .dependOnClassesThat(DescribedPredicate.describe(
                        "are behind the front door of " + module,
                        (JavaClass target) -> target.getPackageName().startsWith(root + ".")
                                && !SECOND_DOORS.contains(target.getPackageName()))));
    }

    @ParameterizedTest
    @FieldSource("MODULES")
    void childrenDoNotKnowTheirParent(String module) {
        check(noClasses()
                .that()
                .resideInAPackage("dev.varve." + module + ".*..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.varve." + module));
    }

    @ParameterizedTest
    @FieldSource("OWNERS")
    void eachLibraryHasItsOwners(Map.Entry<String, List<String>> owner) {
        check(noClasses()
                .that()
                .resideOutsideOfPackages(owner.getValue().toArray(String[]::new))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(owner.getKey()));
    }

    @Test
    void packagesHaveNoCycles() {
        check(slices().matching("dev.varve.(**)").should().beFreeOfCycles());
    }

    /** Every {@code CamelCase} name in backticks on the page is a type of ours. */
    @Test
    void architecturePageNamesOnlyTypesThatExist() throws IOException {
        Set<String> known = CLASSES.stream().map(JavaClass::getSimpleName).collect(Collectors.toSet());
        Set<String> named = Pattern.compile("`([A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*)`")
                .matcher(Files.readString(repositoryRoot().resolve("ARCHITECTURE.md")))
                .results()
                .map((MatchResult match) -> match.group(1))
                .collect(Collectors.toSet());
        assertThat(named).hasSizeGreaterThan(10);
        assertThat(known).containsAll(named);
    }

    private static Path repositoryRoot() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("ARCHITECTURE.md"))) {
            folder = Objects.requireNonNull(folder.getParent(), "no ARCHITECTURE.md above the working folder");
        }
        return folder;
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(CLASSES);
    }
}
