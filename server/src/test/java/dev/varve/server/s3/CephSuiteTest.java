package dev.varve.server.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * ceph/s3-tests against an endpoint over the store that nodes have.
 *
 * <p>{@code S3TESTS_DIR} names a checkout of the suite. Lists in {@code src/test/resources/s3} name the tests of each tier
 * and those that are known to fail; any other failure, and any exception that passes, fails the test.
 */
@Tag("slow")
class CephSuiteTest {
    private static final Pattern FAILED = Pattern.compile("(?m)^(?:FAILED|ERROR) \\S*functional/(\\S+::\\w+)");
    private static final Pattern PASSED = Pattern.compile("(\\d+) passed");

    @ParameterizedTest
    @CsvSource({"core", "features"})
    void onlyTheExceptionsFail(String tier, @TempDir Path directory) throws IOException, InterruptedException {
        Optional<Path> suite = Optional.ofNullable(System.getenv("S3TESTS_DIR")).map(Path::of);
        assumeTrue(suite.isPresent(), "S3TESTS_DIR names no checkout of ceph/s3-tests");
        List<String> tests = lines(tier + ".txt");
        try (S3TestNode node = S3TestNode.startLocal(directory, S3TestNode.config())) {
            String output = run(suite.orElseThrow(), tests, configuration(directory, node.port()));
            TreeSet<String> failed = new TreeSet<>(FAILED.matcher(output)
                    .results()
                    .map((MatchResult result) -> result.group(1))
                    .toList());
            TreeSet<String> excepted = new TreeSet<>(lines("exceptions.txt").stream()
                    .map(line -> line.substring(0, line.indexOf('\t')))
                    .filter(tests::contains)
                    .toList());
            assertThat(failed).as(output).isEqualTo(excepted);
            int passed = PASSED.matcher(output)
                    .results()
                    .mapToInt(result -> Integer.parseInt(result.group(1)))
                    .sum();
            assertThat(passed).as(output).isEqualTo(tests.size() - excepted.size());
        }
    }

    private static List<String> lines(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(CephSuiteTest.class.getResourceAsStream("/s3/" + name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        }
    }

    private static Path configuration(Path directory, int port) throws IOException {
        List<String> lines = new ArrayList<>(List.of(
                "[DEFAULT]",
                "host = 127.0.0.1",
                "port = " + port,
                "is_secure = False",
                "[fixtures]",
                "bucket prefix = vt-{random}-"));
        user(lines, "s3 main", "main", S3TestNode.MAIN_KEY, S3TestNode.MAIN_SECRET);
        lines.add("api_name = " + S3TestNode.REGION);
        user(lines, "s3 alt", "alt", S3TestNode.ALT_KEY, S3TestNode.ALT_SECRET);
        user(lines, "s3 tenant", "testx$tenant", S3TestNode.TENANT_KEY, S3TestNode.TENANT_SECRET);
        lines.add("tenant = testx");
        for (String section : List.of("iam", "iam root", "iam alt root")) {
            user(lines, section, "main", S3TestNode.MAIN_KEY, S3TestNode.MAIN_SECRET);
        }
        return Files.write(directory.resolve("s3tests.conf"), lines);
    }

    private static void user(List<String> lines, String section, String name, String key, String secret) {
        lines.addAll(List.of(
                "[" + section + "]",
                "display_name = " + name,
                "user_id = " + name,
                "email = " + section.replace(' ', '-') + "@example.com",
                "access_key = " + key,
                "secret_key = " + secret));
    }

    private static String run(Path suite, List<String> tests, Path configuration)
            throws IOException, InterruptedException {
        Path python = Installed.python(
                "ceph-suite", List.of("-r", suite.resolve("requirements.txt").toString(), "pytest-timeout"));
        List<String> command = new ArrayList<>(List.of(
                python.toString(),
                "-m",
                "pytest",
                "-p",
                "fresh_prefix",
                "-p",
                "no:cacheprovider",
                "-q",
                "--no-header",
                "--tb=line",
                "-W",
                "ignore",
                "--timeout=120"));
        tests.forEach(test -> command.add("s3tests/functional/" + test));
        Map<String, String> environment = Map.of(
                "S3TEST_CONF",
                configuration.toString(),
                "PYTHONPATH",
                Path.of("src/test/s3").toAbsolutePath().toString(),
                "PYTHONDONTWRITEBYTECODE",
                "1");
        // Failures are told by what it prints.
        return new Program(command, suite, environment).end().output();
    }
}
