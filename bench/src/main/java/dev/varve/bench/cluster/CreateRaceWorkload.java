package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.testkit.history.Checker;
import dev.varve.testkit.history.CreateRaceModel;
import dev.varve.testkit.history.CreateRaceModel.Answer;
import dev.varve.testkit.history.CreateRaceModel.Ask;
import dev.varve.testkit.history.History;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;

/** Sixteen clients create the same key at the same moment: exactly one wins, and its value stays. */
final class CreateRaceWorkload implements Workload {
    private static final long SLOT_MILLIS = 300;
    private static final Duration AT_MOST = Duration.ofSeconds(30);

    private final String bucket;

    /** Answers that no state of the bucket explains. */
    private final ConcurrentLinkedQueue<String> odd = new ConcurrentLinkedQueue<>();

    private final History<Ask, Answer> history = new History<>();
    private final Set<String> keys = new ConcurrentSkipListSet<>();

    CreateRaceWorkload(String run) {
        this.bucket = "race-" + run;
    }

    @Override
    public int clients() {
        return 16;
    }

    @Override
    public long pauseMillis() {
        return 1;
    }

    @Override
    public void prepare(Door door) throws IOException, InterruptedException {
        Buckets.make(door, bucket);
    }

    @Override
    public void step(int client, Random random, Door door) throws InterruptedException {
        long now = System.nanoTime() / 1_000_000;
        long slot = now / SLOT_MILLIS + 1;
        Thread.sleep(slot * SLOT_MILLIS - now);
        String key = "r-" + slot;
        String value = client + " at " + slot;
        keys.add(key);
        Cluster.Member member = door.any(random);
        History<Ask, Answer>.Pending pending = history.invoke(client, new Ask.Create(key, value));
        switch (door.put(member, Buckets.path(bucket, key), value.getBytes(UTF_8), Map.of("If-None-Match", "*"))) {
            case Reply.Done done -> pending.answered(new Answer.Won());
            case Reply.Refused(int status, String reason)
            when status == 412 || status == 409 -> pending.answered(new Answer.Lost());
            case Reply.Refused refused -> {
                pending.failed();
                Buckets.noteIfOdd(refused, odd);
            }
            case Reply.Unknown unknown -> {}
        }
        if (random.nextInt(4) == 0) {
            get(client, door.any(random), key, door);
        }
    }

    private boolean get(int client, Cluster.Member member, String key, Door door) {
        History<Ask, Answer>.Pending pending = history.invoke(client, new Ask.Get(key));
        switch (door.get(member, Buckets.path(bucket, key))) {
            case Reply.Done done -> pending.answered(new Answer.Found(done.text()));
            case Reply.Refused(int status, String _) when status == 404 -> pending.answered(new Answer.Missing());
            case Reply.Refused refused -> {
                pending.failed();
                return false;
            }
            case Reply.Unknown unknown -> {
                pending.failed();
                return false;
            }
        }
        return true;
    }

    @Override
    public void readBack(Door door) throws IOException, InterruptedException {
        for (Cluster.Member member : door.members()) {
            for (String key : keys) {
                Buckets.until(() -> get(clients(), member, key, door), "read " + key + " at " + member.name(), AT_MOST);
            }
        }
    }

    @Override
    public List<String> violations() {
        List<String> all = new ArrayList<>(odd);
        all.addAll(Buckets.wrong(new Checker<>(new CreateRaceModel()).check(history.operations())));
        return all;
    }
}
