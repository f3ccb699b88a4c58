package dev.varve.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.blobstore.ChunkObjectStore;
import dev.varve.blobstore.LocalObjectStore;
import dev.varve.blobstore.ObjectStoreConfig;
import dev.varve.blobstore.object.BucketSettings;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keys and values by HTTP. */
@Timeout(60)
class KeyValueTest {
    @TempDir
    private static Path directory;

    private static ChunkObjectStore store;
    private static OpenLake lake;

    @BeforeAll
    static void open() throws IOException {
        store = LocalObjectStore.open(directory.resolve("objects"), ObjectStoreConfig.DEFAULT, InstantSource.system());
        lake = new OpenLake(directory.resolve("lake"), store, InstantSource.system());
    }

    @AfterAll
    static void close() throws Exception {
        lake.close();
        store.close();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static int create(String name, String options) throws Exception {
        return lake.put("/api/v1/kv/" + name, utf8(options)).statusCode();
    }

    @Test
    void bytesOfAnySizeAndKeysOfAnyBytesComeBack() throws Exception {
        assertThat(create("plain", "")).isEqualTo(201);
        assertThat(create("plain", "")).isEqualTo(409);
        byte[] large = new byte[3 << 20];
        new Random(7).nextBytes(large);
        for (String key : List.of("a", "a/b//c", "..%2F..%2Fetc", "%00%FF", "gr%C3%BCezi%20%25", "%F0%9F%8C%A7")) {
            for (byte[] value : new byte[][] {large, utf8("x"), new byte[0]}) {
                assertThat(lake.put("/api/v1/kv/plain/" + key, value).statusCode())
                        .isEqualTo(201);
                assertThat(lake.get("/api/v1/kv/plain/" + key).body()).isEqualTo(value);
            }
        }
        assertThat(OpenLake.json(lake.get("/api/v1/kv/plain?prefix=a")).path("keys"))
                .hasSize(2);
        JsonNode page = OpenLake.json(lake.get("/api/v1/kv/plain?limit=4"));
        assertThat(page.path("keys")).hasSize(4);
        assertThat(page.path("next").isNull()).isFalse();
        assertThat(lake.delete("/api/v1/kv/plain/a").statusCode()).isEqualTo(204);
        assertThat(lake.delete("/api/v1/kv/plain/a").statusCode()).isEqualTo(404);
        assertThat(lake.get("/api/v1/kv/plain/a").statusCode()).isEqualTo(404);
        assertThat(lake.delete("/api/v1/kv/plain").statusCode()).isEqualTo(409);
    }

    @Test
    void conditionsDecideInOneStep() throws Exception {
        create("conditions", "");
        String path = "/api/v1/kv/conditions/k";
        HttpResponse<byte[]> first = lake.put(path, utf8("1"), "If-None-Match", "*");
        assertThat(first.statusCode()).isEqualTo(201);
        assertThat(lake.put(path, utf8("2"), "If-None-Match", "*").statusCode()).isEqualTo(412);
        String etag = first.headers().firstValue("ETag").orElseThrow();
        assertThat(lake.put(path, utf8("3"), "If-Match", etag).statusCode()).isEqualTo(201);
        assertThat(lake.put(path, utf8("4"), "If-Match", etag).statusCode()).isEqualTo(412);
        assertThat(lake.get(path).body()).isEqualTo(utf8("3"));
    }

    @Test
    void versionsAreKeptWhereTheBucketKeepsThem() throws Exception {
        assertThat(create("versions", "{\"versioned\": true}")).isEqualTo(201);
        String path = "/api/v1/kv/versions/k";
        for (String value : List.of("1", "2", "3")) {
            lake.put(path, utf8(value));
        }
        lake.put("/api/v1/kv/versions/k2", utf8("other"));
        assertThat(lake.delete(path).statusCode()).isEqualTo(204);
        assertThat(lake.get(path).statusCode()).isEqualTo(404);
        JsonNode history = OpenLake.json(lake.get(path + "?history")).path("versions");
        assertThat(history).hasSize(4);
        assertThat(history.path(0).path("deleted").asBoolean()).isTrue();
        String second = history.path(2).path("version").asText();
        assertThat(lake.get(path + "?version=" + second).body()).isEqualTo(utf8("2"));
        assertThat(lake.get(path + "?version=none").statusCode()).isEqualTo(404);
        assertThat(lake.get("/api/v1/kv/versions/absent?history").statusCode()).isEqualTo(404);
    }

    @Test
    void whatIsWrittenOnceStays() throws Exception {
        assertThat(create("once", "{\"writeOnce\": true}")).isEqualTo(201);
        assertThat(lake.put("/api/v1/kv/once/k", utf8("1")).statusCode()).isEqualTo(201);
        HttpResponse<byte[]> refused = lake.put("/api/v1/kv/once/k", utf8("2"));
        assertThat(refused.statusCode()).isBetween(409, 412);
        assertThat(lake.get("/api/v1/kv/once/k").body()).isEqualTo(utf8("1"));
    }

    @Test
    void mistakesAreToldWithTheWayOut() throws Exception {
        HttpResponse<byte[]> missing = lake.get("/api/v1/kv/nowhere/k");
        assertThat(missing.statusCode()).isEqualTo(404);
        assertThat(OpenLake.json(missing).path("hint").asText()).contains("PUT /api/v1/kv/nowhere");
        assertThat(create("Bad_Name", "")).isEqualTo(400);
        assertThat(create("options", "{\"versionned\": true}")).isEqualTo(400);
        lake.objects.createBucket("foreign", "alice", BucketSettings.DEFAULT);
        assertThat(lake.put("/api/v1/kv/foreign/k", utf8("1")).statusCode()).isEqualTo(404);
    }
}
