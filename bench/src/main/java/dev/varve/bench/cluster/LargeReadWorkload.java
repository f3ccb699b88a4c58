package dev.varve.bench.cluster;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Reads large values, whole and in ranges: the right bytes or an error, never other bytes and never "not found". */
final class LargeReadWorkload implements Workload {
    private static final int OBJECTS = 3;
    private static final int BYTES = 12 << 20;
    private static final int MOST_RANGE = 3 << 20;
    private static final Duration AT_MOST = Duration.ofSeconds(40);

    private final String bucket;
    private final byte[][] contents = new byte[OBJECTS][BYTES];
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();

    LargeReadWorkload(String run, long seed) {
        this.bucket = "large-" + run;
        for (int i = 0; i < OBJECTS; i++) {
            new Random(seed + i).nextBytes(contents[i]);
        }
    }

    @Override
    public int clients() {
        return 3;
    }

    @Override
    public long pauseMillis() {
        return 30;
    }

    @Override
    public void prepare(Door door) throws IOException, InterruptedException {
        Buckets.make(door, bucket);
        for (int i = 0; i < OBJECTS; i++) {
            int object = i;
            door.must(() -> door.put(first(door), path(object), contents[object], Map.of()), AT_MOST);
        }
    }

    private static Cluster.Member first(Door door) {
        return door.members().get(0);
    }

    private String path(int object) {
        return Buckets.path(bucket, "object-" + object);
    }

    @Override
    public void step(int client, Random random, Door door) {
        int object = random.nextInt(OBJECTS);
        if (random.nextInt(3) == 0) {
            check(object, 0, BYTES, door.get(door.any(random), path(object)));
            return;
        }
        int from = random.nextInt(BYTES);
        int to = Math.min(BYTES, from + 1 + random.nextInt(MOST_RANGE));
        Map<String, String> range = Map.of("Range", "bytes=" + from + "-" + (to - 1));
        check(object, from, to, door.get(door.any(random), path(object), range));
    }

    private boolean check(int object, int from, int to, Reply reply) {
        switch (reply) {
            case Reply.Done done -> {
                if (!Arrays.equals(done.body(), 0, done.body().length, contents[object], from, to)) {
                    wrong.add("object " + object + ", bytes " + from + " to " + to + ": " + done.body().length
                            + " bytes came with status " + done.status() + ", and they are not those");
                }
                return true;
            }
            case Reply.Refused(int status, String reason)
            when status >= 400 && status < 500 -> {
                wrong.add("object " + object + " is there, but the answer was " + reason);
                return true;
            }
            case Reply.Refused refused -> {
                return false;
            }
            case Reply.Unknown unknown -> {
                return false;
            }
        }
    }

    @Override
    public void readBack(Door door) throws IOException, InterruptedException {
        for (Cluster.Member member : door.members()) {
            for (int i = 0; i < OBJECTS; i++) {
                int object = i;
                Buckets.until(
                        () -> check(object, 0, BYTES, door.get(member, path(object))),
                        "read object " + object + " at " + member.name(),
                        AT_MOST);
            }
        }
    }

    @Override
    public List<String> violations() {
        return List.copyOf(wrong);
    }
}
