package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Uploads in parts, some sent twice or to several nodes: what was completed is there byte for byte, at each node. */
final class MultipartWorkload implements Workload {
    private static final int PART_BYTES = 5 << 20;
    private static final int PARTS = 2;
    private static final int TRIES = 12;
    private static final Duration AT_MOST = Duration.ofSeconds(40);
    private static final Pattern UPLOAD_ID = Pattern.compile("<UploadId>([^<]+)</UploadId>");

    private final String bucket;
    private final AtomicLong number = new AtomicLong();

    /** Seeds of what was completed, by key. */
    private final Map<String, Long> completed = new ConcurrentHashMap<>();

    /** Seeds of what may have been completed. */
    private final Map<String, Long> perhaps = new ConcurrentHashMap<>();

    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();

    MultipartWorkload(String run) {
        this.bucket = "parts-" + run;
    }

    @Override
    public int clients() {
        return 2;
    }

    @Override
    public long pauseMillis() {
        return 50;
    }

    @Override
    public void prepare(Door door) throws IOException, InterruptedException {
        Cluster.Member first = door.members().get(0);
        door.must(
                () -> {
                    Reply reply = door.s3(first, "PUT", "/" + bucket, "", new byte[0]);
                    return reply.status() == 409 ? new Reply.Done(200, Map.of(), new byte[0]) : reply;
                },
                AT_MOST);
    }

    @Override
    public void step(int client, Random random, Door door) throws InterruptedException {
        long seed = number.incrementAndGet();
        String path = "/" + bucket + "/object-" + seed;
        if (!(door.s3(door.any(random), "POST", path, "uploads=", new byte[0]) instanceof Reply.Done made)) {
            return;
        }
        Matcher id = UPLOAD_ID.matcher(made.text());
        if (!id.find()) {
            wrong.add("an upload without an id: " + made.text());
            return;
        }
        StringBuilder complete = new StringBuilder("<CompleteMultipartUpload>");
        for (int part = 1; part <= PARTS; part++) {
            String query = "partNumber=" + part + "&uploadId=" + id.group(1);
            byte[] bytes = bytes(seed, part);
            if (random.nextInt(3) == 0) {
                // Other bytes first; what is acknowledged is what the later ones replace.
                byte[] other = Arrays.copyOf(bytes(-seed, part), bytes.length);
                if (door.s3(door.any(random), "PUT", path, query, other) instanceof Reply.Unknown) {
                    // It may still arrive after its successor: such an upload says nothing.
                    return;
                }
            }
            String etag = upload(path, query, bytes, random, door);
            if (etag.isEmpty()) {
                return;
            }
            if (random.nextInt(3) == 0) {
                etag = upload(path, query, bytes, random, door);
                if (etag.isEmpty()) {
                    return;
                }
            }
            complete.append("<Part><PartNumber>")
                    .append(part)
                    .append("</PartNumber><ETag>\"")
                    .append(etag)
                    .append("\"</ETag></Part>");
        }
        complete.append("</CompleteMultipartUpload>");
        perhaps.put(path, seed);
        Reply reply = door.s3(
                door.any(random),
                "POST",
                path,
                "uploadId=" + id.group(1),
                complete.toString().getBytes(UTF_8));
        if (reply instanceof Reply.Done done && !done.text().contains("<Error>")) {
            completed.put(path, seed);
        } else if (reply instanceof Reply.Refused refused && refused.status() != 0) {
            wrong.add("all parts of " + path + " were acknowledged, but completing it was refused: " + refused);
        }
        if (completed.containsKey(path)) {
            check(path, door.s3(door.any(random), "GET", path, "", new byte[0]), seed);
        }
    }

    private static String upload(String path, String query, byte[] bytes, Random random, Door door)
            throws InterruptedException {
        for (int i = 0; i < TRIES; i++) {
            if (door.s3(door.any(random), "PUT", path, query, bytes) instanceof Reply.Done done) {
                return done.etag();
            }
            Thread.sleep(200);
        }
        return "";
    }

    private static byte[] bytes(long seed, int part) {
        byte[] bytes = new byte[part == PARTS ? 300_000 : PART_BYTES];
        new Random(seed * 31 + part).nextBytes(bytes);
        return bytes;
    }

    private boolean check(String path, Reply reply, long seed) {
        if (reply instanceof Reply.Done done) {
            int at = 0;
            for (int part = 1; part <= PARTS; part++) {
                byte[] expected = bytes(seed, part);
                if (done.body().length < at + expected.length
                        || !Arrays.equals(done.body(), at, at + expected.length, expected, 0, expected.length)) {
                    wrong.add(path + " was read with other bytes than its part " + part + " has; length "
                            + done.body().length);
                    return true;
                }
                at += expected.length;
            }
            if (done.body().length != at) {
                wrong.add(path + " is " + done.body().length + " bytes long instead of " + at);
            }
            return true;
        }
        if (reply.status() == 404) {
            if (completed.containsKey(path)) {
                wrong.add(path + " was completed and is not there: " + reply);
            }
            return true;
        }
        return false;
    }

    @Override
    public void readBack(Door door) throws IOException, InterruptedException {
        List<String> paths = new ArrayList<>(perhaps.keySet());
        for (Cluster.Member member : door.members()) {
            for (String path : paths) {
                long seed = perhaps.getOrDefault(path, 0L);
                Buckets.until(
                        () -> check(path, door.s3(member, "GET", path, "", new byte[0]), seed),
                        "read " + path + " at " + member.name(),
                        AT_MOST);
            }
        }
    }

    @Override
    public List<String> violations() {
        return List.copyOf(wrong);
    }
}
