package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.blobstore.ObjectBlobStore;
import dev.varve.server.console.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Access keys by the command line, with and without a node that runs. */
@Timeout(60)
class AdminCommandTest {
    @TempDir
    private Path data;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private record Key(String id, String secret) {}

    private int run(String verb, String... arguments) {
        out.reset();
        err.reset();
        Terminal terminal = new Terminal(
                InputStream.nullInputStream(),
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, false, StandardCharsets.UTF_8),
                false,
                false,
                100,
                Map.of());
        List<String> all = Stream.concat(
                        Stream.of("admin", "key", verb, "--data", data.toString()), Stream.of(arguments))
                .toList();
        return VarveCommand.run(terminal, new EmbeddedNodes(), all.toArray(String[]::new));
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private Key create(String... arguments) {
        assertThat(run("create", arguments)).as(err()).isEqualTo(ExitCodes.OK);
        List<String> lines = out().lines().toList();
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).startsWith("AWS_ACCESS_KEY_ID=");
        assertThat(lines.get(1)).startsWith("AWS_SECRET_ACCESS_KEY=");
        return new Key(
                lines.get(0).substring(lines.get(0).indexOf('=') + 1),
                lines.get(1).substring(lines.get(1).indexOf('=') + 1));
    }

    private List<String> list() {
        assertThat(run("list")).isEqualTo(ExitCodes.OK);
        return out().lines().toList();
    }

    private static String line(List<String> lines, String id) {
        return lines.stream().filter(line -> line.contains(id)).findFirst().orElseThrow();
    }

    @Test
    void keysAreMadeListedAndRevoked() throws IOException {
        Key ann = create("--user", "ann");
        Key spark = create("--user", "spark", "--grant", "read:lake", "--grant", "owner:scratch");
        assertThat(ann.id()).isNotEqualTo(spark.id());
        List<String> keys = list();
        assertThat(line(keys, ann.id())).contains("ann");
        assertThat(line(keys, spark.id())).contains("spark").contains("read:lake owner:scratch");
        assertThat(out()).doesNotContain(ann.secret()).doesNotContain(spark.secret());
        assertThat(run("revoke", ann.id())).isEqualTo(ExitCodes.OK);
        assertThat(err()).contains("revoked " + ann.id());
        String revoked = line(list(), ann.id());
        assertThat(revoked.length()).isGreaterThan(line(keys, ann.id()).length());
        assertThat(line(list(), spark.id())).isEqualTo(line(keys, spark.id()).stripTrailing());
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String content = Files.readString(file, StandardCharsets.ISO_8859_1);
                assertThat(content).doesNotContain(ann.secret()).doesNotContain(spark.secret());
                if (!file.endsWith("access.lock")) {
                    assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
                }
            }
        }
    }

    @Test
    void mistakesAreToldWithTheWayOut() {
        assertThat(run("revoke", "VKNOBODY")).isEqualTo(ExitCodes.FAILED);
        assertThat(err()).contains("there is no usable key 'VKNOBODY'").contains("admin key list");
        Key key = create("--user", "ann");
        assertThat(run("revoke", key.id())).isEqualTo(ExitCodes.OK);
        assertThat(run("revoke", key.id())).isEqualTo(ExitCodes.FAILED);
        assertThat(run("create")).isEqualTo(ExitCodes.USAGE);
        assertThat(run("create", "--user", "two words")).isEqualTo(ExitCodes.FAILED);
        assertThat(run("create", "--user", "ann", "--grant", "peek:lake")).isEqualTo(ExitCodes.FAILED);
        assertThat(err()).contains("'peek:lake' is not a grant").contains("read:BUCKET");
        assertThat(run("shout")).isEqualTo(ExitCodes.USAGE);
        data = data.resolve("none");
        assertThat(run("list")).isEqualTo(ExitCodes.FAILED);
        assertThat(err()).contains("is not a directory").contains("server --data");
    }

    private static S3Client client(int port, Key key) {
        return S3Client.builder()
                .endpointOverride(URI.create("http://127.0.0.1:" + port))
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .httpClient(UrlConnectionHttpClient.create())
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(key.id(), key.secret())))
                .build();
    }

    private static void assertForbidden(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        S3Exception.class,
                        refusal -> assertThat(refusal.statusCode()).isEqualTo(403));
    }

    @Test
    void aRunningNodeKnowsThemFromTheNextRequestOn() {
        Map<String, String> settings =
                Map.of("data.dir", data.toString(), "http.port", "0", "flight.port", "0", "s3.port", "0");
        try (NodeLauncher.RunningNode node = new EmbeddedNodes().start(null, Map.of(), settings)) {
            Key ann = create("--user", "ann");
            Key spark = create("--user", "spark", "--grant", "read:" + ObjectBlobStore.LAKE);
            try (S3Client anns = client(node.s3Port(), ann);
                    S3Client sparks = client(node.s3Port(), spark)) {
                anns.createBucket(request -> request.bucket("anns-bucket"));
                anns.putObject(request -> request.bucket("anns-bucket").key("k"), RequestBody.fromString("v"));
                assertForbidden(() -> sparks.getObject(
                        request -> request.bucket("anns-bucket").key("k")));
                sparks.listObjectsV2(request -> request.bucket(ObjectBlobStore.LAKE));
                assertForbidden(() -> sparks.putObject(
                        request -> request.bucket(ObjectBlobStore.LAKE).key("k"), RequestBody.fromString("v")));
                assertForbidden(() -> anns.listObjectsV2(request -> request.bucket(ObjectBlobStore.LAKE)));
                assertThat(run("revoke", ann.id())).isEqualTo(ExitCodes.OK);
                assertForbidden(() ->
                        anns.getObject(request -> request.bucket("anns-bucket").key("k")));
                Key again = create("--user", "ann");
                try (S3Client others = client(node.s3Port(), again)) {
                    assertThat(others.getObjectAsBytes(request ->
                                            request.bucket("anns-bucket").key("k"))
                                    .asUtf8String())
                            .isEqualTo("v");
                }
            }
        }
    }
}
