package dev.varve.bench.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.testkit.history.Checker;
import dev.varve.testkit.history.History;
import dev.varve.testkit.history.SetModel;
import dev.varve.testkit.history.SetModel.Answer;
import dev.varve.testkit.history.SetModel.Ask;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicLong;

/** Adds and removes names, looks them up and lists them: each list shows one moment. */
final class SetWorkload implements Workload {
    private static final int OPERATIONS_PER_GENERATION = 150;
    private static final Duration AT_MOST = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String bucket;

    /** Answers that no state of the bucket explains. */
    private final ConcurrentLinkedQueue<String> odd = new ConcurrentLinkedQueue<>();

    private final History<Ask, Answer> history = new History<>();
    private final Set<String> folders = new ConcurrentSkipListSet<>();
    private final AtomicLong operations = new AtomicLong();

    SetWorkload(String run) {
        this.bucket = "set-" + run;
    }

    @Override
    public int clients() {
        return 6;
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
        long generation = number / OPERATIONS_PER_GENERATION;
        String folder = "g" + generation;
        folders.add(folder);
        // Names that others may have added in the same generation, and some that nobody has.
        String recent =
                "n%06d".formatted(Math.max(generation * OPERATIONS_PER_GENERATION, number - 1 - random.nextInt(20)));
        Cluster.Member member = door.any(random);
        int choice = random.nextInt(100);
        if (choice < 45) {
            add(client, member, folder, "n%06d".formatted(number), door);
        } else if (choice < 55) {
            remove(client, member, folder, recent, door);
        } else if (choice < 75) {
            look(client, member, folder, recent, door);
        } else {
            list(client, member, folder, door);
        }
    }

    private String path(String folder, String name) {
        return Buckets.path(bucket, folder + "/" + name);
    }

    private void add(int client, Cluster.Member member, String folder, String name, Door door) {
        History<Ask, Answer>.Pending pending = history.invoke(client, new Ask.Add(folder, name));
        switch (door.put(member, path(folder, name), new byte[] {1}, Map.of())) {
            case Reply.Done done -> pending.answered(new Answer.Done());
            case Reply.Refused refused -> {
                pending.failed();
                Buckets.noteIfOdd(refused, odd);
            }
            case Reply.Unknown unknown -> {}
        }
    }

    private void remove(int client, Cluster.Member member, String folder, String name, Door door) {
        History<Ask, Answer>.Pending pending = history.invoke(client, new Ask.Remove(folder, name));
        History<Ask, Answer>.Pending look = history.invoke(client, new Ask.Has(folder, name));
        switch (door.delete(member, path(folder, name), Map.of())) {
            case Reply.Done done -> {
                pending.answered(new Answer.Done());
                look.failed();
            }
            case Reply.Refused(int status, String reason)
            when status == 404 -> {
                look.answered(new Answer.Held(false));
                pending.failed();
            }
            case Reply.Refused refused -> {
                pending.failed();
                look.failed();
            }
            case Reply.Unknown unknown -> look.failed();
        }
    }

    private void look(int client, Cluster.Member member, String folder, String name, Door door) {
        History<Ask, Answer>.Pending pending = history.invoke(client, new Ask.Has(folder, name));
        switch (door.get(member, path(folder, name))) {
            case Reply.Done done -> pending.answered(new Answer.Held(true));
            case Reply.Refused(int status, String reason)
            when status == 404 -> pending.answered(new Answer.Held(false));
            case Reply.Refused refused -> pending.failed();
            case Reply.Unknown unknown -> pending.failed();
        }
    }

    private boolean list(int client, Cluster.Member member, String folder, Door door) {
        History<Ask, Answer>.Pending pending = history.invoke(client, new Ask.ListAll(folder));
        if (door.get(member, "/api/v1/kv/" + bucket + "?limit=1000&prefix=" + folder + "%2F")
                instanceof Reply.Done done) {
            pending.answered(new Answer.Listed(names(done, folder)));
            return true;
        }
        pending.failed();
        return false;
    }

    private static List<String> names(Reply.Done done, String folder) {
        List<String> names = new ArrayList<>();
        try {
            for (JsonNode key : JSON.readTree(done.body()).path("keys")) {
                names.add(key.path("key").asText().substring(folder.length() + 1));
            }
        } catch (IOException e) {
            // It agrees with no state, and so is found.
            names.add("an answer that is not JSON: " + done.text());
        }
        return names;
    }

    @Override
    public void readBack(Door door) throws IOException, InterruptedException {
        for (Cluster.Member member : door.members()) {
            for (String folder : folders) {
                Buckets.until(
                        () -> list(clients(), member, folder, door),
                        "list " + folder + " at " + member.name(),
                        AT_MOST);
            }
        }
    }

    @Override
    public List<String> violations() {
        List<String> all = new ArrayList<>(odd);
        all.addAll(Buckets.wrong(new Checker<>(new SetModel()).check(history.operations())));
        return all;
    }
}
