package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.testkit.history.Checker;
import dev.varve.testkit.history.History;
import dev.varve.testkit.history.RegisterModel;
import dev.varve.testkit.history.RegisterModel.Answer;
import dev.varve.testkit.history.RegisterModel.Ask;
import dev.varve.testkit.history.RegisterModel.Condition;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicLong;

/** Reads, writes, conditional writes and deletions of few keys: linearizable, each key for itself. */
final class RegisterWorkload implements Workload {
    private static final int KEYS = 5;
    private static final int OPERATIONS_PER_GENERATION = 300;

    private final String bucket;

    /** Answers that no state of the bucket explains. */
    private final ConcurrentLinkedQueue<String> odd = new ConcurrentLinkedQueue<>();

    private final History<Ask, Answer> history = new History<>();
    private final Set<String> keys = new ConcurrentSkipListSet<>();

    /** What was last seen under a key: value and ETag. */
    private final Map<String, String[]> seen = new ConcurrentHashMap<>();

    private final AtomicLong operations = new AtomicLong();

    RegisterWorkload(String run) {
        this.bucket = "register-" + run;
    }

    @Override
    public int clients() {
        return 8;
    }

    @Override
    public long pauseMillis() {
        return 20;
    }

    @Override
    public void prepare(Door door) throws IOException, InterruptedException {
        Buckets.make(door, bucket);
    }

    @Override
    public void step(int client, Random random, Door door) {
        long number = operations.incrementAndGet();
        String key = "k-" + number / OPERATIONS_PER_GENERATION + "-" + random.nextInt(KEYS);
        keys.add(key);
        Cluster.Member member = door.any(random);
        String[] last = seen.get(key);
        int choice = random.nextInt(100);
        if (choice < 40) {
            get(client, member, key, door);
        } else if (choice < 70) {
            put(client, member, key, "v" + number, RegisterModel.ALWAYS, Map.of(), door);
        } else if (choice < 85 && last != null) {
            put(
                    client,
                    member,
                    key,
                    "v" + number,
                    new Condition.Matches(last[0]),
                    Map.of("If-Match", '"' + last[1] + '"'),
                    door);
        } else if (choice < 92) {
            put(client, member, key, "v" + number, RegisterModel.ABSENT, Map.of("If-None-Match", "*"), door);
        } else {
            delete(client, member, key, door);
        }
    }

    private boolean get(int client, Cluster.Member member, String key, Door door) {
        History<Ask, Answer>.Pending pending = history.invoke(client, new Ask.Get(key));
        return switch (door.get(member, path(key))) {
            case Reply.Done done -> {
                pending.answered(new Answer.Found(done.text()));
                seen.put(key, new String[] {done.text(), done.etag()});
                yield true;
            }
            case Reply.Refused(int status, String reason)
            when status == 404 -> {
                pending.answered(new Answer.Missing());
                yield true;
            }
            case Reply.Refused refused -> {
                pending.failed();
                yield false;
            }
            case Reply.Unknown unknown -> {
                // A read changes nothing, so that it need not be ordered.
                pending.failed();
                yield false;
            }
        };
    }

    private void put(
            int client,
            Cluster.Member member,
            String key,
            String value,
            Condition condition,
            Map<String, String> headers,
            Door door) {
        History<Ask, Answer>.Pending pending = history.invoke(client, new Ask.Put(key, value, condition));
        switch (door.put(member, path(key), value.getBytes(UTF_8), headers)) {
            case Reply.Done done -> {
                pending.answered(new Answer.Done());
                seen.put(key, new String[] {value, done.etag()});
            }
            case Reply.Refused(int status, String reason)
            when isCondition(status, condition) -> pending.answered(new Answer.Refused());
            case Reply.Refused refused -> {
                pending.failed();
                Buckets.noteIfOdd(refused, odd);
            }
            case Reply.Unknown unknown -> {}
        }
    }

    /** If-Match of a key that is not there may be answered 404, too. */
    private static boolean isCondition(int status, Condition condition) {
        return !(condition instanceof Condition.None) && (status == 412 || status == 409 || status == 404);
    }

    private void delete(int client, Cluster.Member member, String key, Door door) {
        // 404 says that there was nothing: then it was a read.
        History<Ask, Answer>.Pending pending = history.invoke(client, new Ask.Delete(key, RegisterModel.ALWAYS));
        History<Ask, Answer>.Pending look = history.invoke(client, new Ask.Get(key));
        switch (door.delete(member, path(key), Map.of())) {
            case Reply.Done done -> {
                pending.answered(new Answer.Done());
                look.failed();
            }
            case Reply.Refused(int status, String reason)
            when status == 404 -> {
                look.answered(new Answer.Missing());
                pending.failed();
            }
            case Reply.Refused refused -> {
                pending.failed();
                look.failed();
            }
            case Reply.Unknown unknown -> look.failed();
        }
    }

    private String path(String key) {
        return Buckets.path(bucket, key);
    }

    @Override
    public void readBack(Door door) throws IOException, InterruptedException {
        int reader = clients();
        for (Cluster.Member member : door.members()) {
            for (String key : keys) {
                Buckets.until(() -> get(reader, member, key, door), "read " + key + " at " + member.name(), AT_MOST);
            }
        }
    }

    private static final Duration AT_MOST = Duration.ofSeconds(30);

    @Override
    public List<String> violations() {
        List<String> all = new ArrayList<>(odd);
        all.addAll(Buckets.wrong(new Checker<>(new RegisterModel()).check(history.operations())));
        return all;
    }
}
