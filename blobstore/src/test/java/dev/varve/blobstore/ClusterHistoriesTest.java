package dev.varve.blobstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Change;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.Digester;
import dev.varve.blobstore.object.ListRequest;
import dev.varve.blobstore.object.Listing;
import dev.varve.blobstore.object.ObjectException;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectKey.Prefix;
import dev.varve.blobstore.object.ObjectProblem;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.StoredObject;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import dev.varve.testkit.history.Checker;
import dev.varve.testkit.history.CreateRaceModel;
import dev.varve.testkit.history.History;
import dev.varve.testkit.history.Operation;
import dev.varve.testkit.history.RegisterModel;
import dev.varve.testkit.history.SetModel;
import dev.varve.testkit.history.Verdict;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Clients of three nodes ask any of them at any time, while leaders change, appends fail, checkpoints are written and loaded,
 * and nodes are started again; what they see is as if one node did one thing after the other.
 */
final class ClusterHistoriesTest {
    private static final int CLIENTS = 6;
    private static final int OPERATIONS = 60;
    private static final int NODES = 3;

    @TempDir
    Path directory;

    private final History<RegisterModel.Ask, RegisterModel.Answer> registers = new History<>();
    private final History<CreateRaceModel.Ask, CreateRaceModel.Answer> races = new History<>();
    private final History<SetModel.Ask, SetModel.Answer> sets = new History<>();
    private final Map<String, String> valueOfEtag = new ConcurrentHashMap<>();
    private final AtomicInteger unique = new AtomicInteger();
    private final ConcurrentLinkedQueue<Throwable> unexpected = new ConcurrentLinkedQueue<>();

    static IntStream seeds() {
        return IntStream.range(0, Integer.getInteger("varve.seeds", 4))
                .map(i -> Integer.getInteger("varve.seed", 1000) + i);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void lookAsIfOneNodeDidAll(int seed) throws Exception {
        inMemory(seed, OPERATIONS);
    }

    @Tag("slow")
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void lookSoForLong(int seed) throws Exception {
        inMemory(seed + 100, 600);
    }

    private void inMemory(int seed, int operations) throws Exception {
        MemoryLogs logs = new MemoryLogs(seed, InstantSource.system());
        logs.setLags(true);
        run(
                seed,
                operations,
                node -> name -> logs.open(node, name),
                () -> logs.setTroubles(60),
                (cluster, random) -> {
                    switch (random.nextInt(4)) {
                        case 0, 1 -> logs.leadAll("node" + random.nextInt(NODES));
                        case 2 -> cluster.node(random.nextInt(NODES)).checkpointAll();
                        default -> {
                            // Nobody is behind so far that it has to skip, unless it is started again.
                            int restarted = random.nextInt(NODES);
                            cluster.stop(restarted);
                            cluster.node((restarted + 1) % NODES).checkpointAll();
                            logs.truncateToNewest();
                            cluster.startAgain(restarted);
                        }
                    }
                },
                () -> logs.setTroubles(0));
    }

    @Tag("slow")
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void lookSoOverReplicatedLogs(int seed) throws Exception {
        TestLogs logs = new TestLogs();
        run(
                seed,
                300,
                node -> TestCluster.NodeParts.of(logs.node(node)),
                () -> {},
                (cluster, random) -> {
                    int node = random.nextInt(NODES);
                    switch (random.nextInt(4)) {
                        case 0 -> {
                            cluster.stop(node);
                            cluster.startAgain(node);
                        }
                        case 1, 2 -> {
                            logs.peers().cut("node" + node, "node" + (node + 1 + random.nextInt(2)) % NODES);
                            sleep(random.nextInt(400));
                            logs.peers().heal();
                            sleep(random.nextInt(1000));
                        }
                        default -> cluster.node(node).checkpointAll();
                    }
                },
                logs.peers()::heal);
    }

    @Tag("slow")
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void lookSoWhenNodesDie(int seed) throws Exception {
        ReplicatedNodes nodes = new ReplicatedNodes(directory, InstantSource.system(), NODES);
        Map<String, ReplicatedNodes.Parts> parts = new ConcurrentHashMap<>();
        run(
                seed,
                200,
                name -> {
                    ReplicatedNodes.Parts started = nodes.start(name);
                    parts.put(name, started);
                    return started;
                },
                () -> {},
                (cluster, random) -> {
                    int node = random.nextInt(NODES);
                    if (random.nextInt(3) == 0) {
                        cluster.node(node).checkpointAll();
                        return;
                    }
                    sleep(random.nextInt(1000));
                    if (random.nextBoolean()) {
                        Objects.requireNonNull(parts.get("node" + node)).kill();
                        sleep(random.nextInt(300));
                    }
                    cluster.stop(node);
                    cluster.startAgain(node);
                    sleep(random.nextInt(2000));
                },
                () -> {});
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void run(
            int seed,
            int operations,
            Function<String, TestCluster.NodeParts> logs,
            Runnable begun,
            BiConsumer<TestCluster, Random> disturbance,
            Runnable over)
            throws Exception {
        ObjectStoreConfig config = ObjectStoreConfig.DEFAULT.withInlineBytes(16).withGrace(Duration.ZERO);
        try (TestCluster cluster = new TestCluster(directory, config, logs, InstantSource.system(), NODES)) {
            for (String bucket : List.of("registers", "races", "set-a", "set-b")) {
                cluster.node(0).objects().createBucket(bucket, "ada", BucketSettings.DEFAULT);
            }
            begun.run();
            try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS + 1)) {
                List<Future<?>> running = new ArrayList<>();
                for (int client = 0; client < CLIENTS; client++) {
                    int number = client;
                    Random random = new Random(seed * 31L + client);
                    running.add(clients.submit(() -> {
                        for (int i = 0; i < operations; i++) {
                            ObjectStore store =
                                    cluster.node(random.nextInt(NODES)).objects();
                            switch (random.nextInt(3)) {
                                case 0 -> register(number, store, random);
                                case 1 -> race(number, store, random);
                                default -> set(number, store, random);
                            }
                        }
                    }));
                }
                Future<?> clientsDone = clients.submit(() -> disturb(cluster, disturbance, new Random(seed), running));
                for (Future<?> one : running) {
                    one.get();
                }
                clientsDone.get();
            }
            over.run();
            assertThat(unexpected).isEmpty();
            long unknown =
                    registers.operations().stream().filter(Operation::isUnknown).count();
            System.out.printf(
                    "seed %d: %d register operations, %d of them unknown; %d failed%n",
                    seed, registers.operations().size(), unknown, registers.failed());
            assertThat(new Checker<>(new RegisterModel()).check(registers.operations()))
                    .isInstanceOf(Verdict.Linearizable.class);
            assertThat(new Checker<>(new CreateRaceModel()).check(races.operations()))
                    .isInstanceOf(Verdict.Linearizable.class);
            assertThat(new Checker<>(new SetModel()).check(sets.operations())).isInstanceOf(Verdict.Linearizable.class);
            assertThat(cluster.alarms.alarms).isEmpty();
            for (int node = 0; node < NODES; node++) {
                assertThat(cluster.node(node).isCaughtUp()).isTrue();
                cluster.node(node).objects().maintenance().scrubMetadata();
                assertThat(cluster.node(node).objects().maintenance().status().damages())
                        .isEmpty();
                assertThat(cluster.node(node).objects().maintenance().status().mended())
                        .isEmpty();
            }
        }
    }

    /** What goes on meanwhile. */
    private void disturb(
            TestCluster cluster, BiConsumer<TestCluster, Random> disturbance, Random random, List<Future<?>> running) {
        while (running.stream().anyMatch(one -> !one.isDone())) {
            StoreMaintenance maintenance =
                    cluster.node(random.nextInt(NODES)).objects().maintenance();
            try {
                switch (random.nextInt(4)) {
                    case 0 -> maintenance.emptyTrash();
                    case 1 -> maintenance.collectOrphans();
                    case 2 -> sleep(random.nextInt(20));
                    default -> disturbance.accept(cluster, random);
                }
            } catch (VarveException e) {
                // It is tried again.
            } catch (RuntimeException e) {
                if (!String.valueOf(e.getMessage()).contains("closed")) {
                    unexpected.add(e);
                }
            }
        }
    }

    /** Asks, and writes down what came of it. */
    private <I, O> void ask(History<I, O>.Pending pending, boolean isWrite, Supplier<O> question) {
        O answer;
        try {
            answer = question.get();
        } catch (VarveException e) {
            boolean isDefinite = e.code() == ErrorCode.NOT_READY || e.code() == ErrorCode.OVERLOADED;
            if (isDefinite || !isWrite) {
                pending.failed();
            }
            if (!isDefinite && e.code() != ErrorCode.UNKNOWN_OUTCOME) {
                unexpected.add(e);
            }
            return;
        } catch (RuntimeException e) {
            // The node was stopped meanwhile.
            if (!String.valueOf(e.getMessage()).contains("closed")) {
                unexpected.add(e);
            }
            if (!isWrite) {
                pending.failed();
            }
            return;
        }
        pending.answered(answer);
    }

    private String value() {
        String value = "value " + unique.incrementAndGet() + (unique.get() % 2 == 0 ? "" : " of more than a few bytes");
        valueOfEtag.put(md5(value), value);
        return value;
    }

    private static String md5(String value) {
        return Digester.of(value.getBytes(StandardCharsets.UTF_8), Set.of()).md5Hex();
    }

    private static StoredObject put(ObjectStore store, String bucket, String key, String value, Condition condition) {
        return store.put(
                ObjectWrite.of(bucket, ObjectKey.of(key), "ada").withCondition(condition),
                ObjectStoreContract.body(value.getBytes(StandardCharsets.UTF_8)));
    }

    private Optional<String> get(ObjectStore store, String bucket, String key) {
        return store.find(bucket, ObjectKey.of(key), Optional.empty()).map(found -> valueOfEtag.get(found.etag()));
    }

    private void register(int client, ObjectStore store, Random random) {
        String key = "key" + random.nextInt(3);
        int kind = random.nextInt(5);
        if (kind < 2) {
            ask(
                    registers.invoke(client, new RegisterModel.Ask.Get(key)),
                    false,
                    () -> get(store, "registers", key)
                            .<RegisterModel.Answer>map(RegisterModel.Answer.Found::new)
                            .orElseGet(RegisterModel.Answer.Missing::new));
            return;
        }
        RegisterModel.Condition asked = RegisterModel.ALWAYS;
        Condition condition = Condition.NONE;
        int kindOfCondition = random.nextInt(3);
        if (kindOfCondition == 0) {
            asked = RegisterModel.ABSENT;
            condition = Condition.noneMatches(Condition.ANY);
        } else if (kindOfCondition == 1 && !valueOfEtag.isEmpty()) {
            List<String> etags = List.copyOf(valueOfEtag.keySet());
            String etag = etags.get(random.nextInt(etags.size()));
            Optional<StoredObject> seen = quietly(() -> store.find("registers", ObjectKey.of(key), Optional.empty()));
            etag = seen.map(StoredObject::etag).orElse(etag);
            asked = new RegisterModel.Condition.Matches(Objects.requireNonNull(valueOfEtag.get(etag)));
            condition = Condition.matches(etag);
        }
        Condition held = condition;
        if (kind == 2 && !asked.equals(RegisterModel.ABSENT)) {
            Change.Delete delete = new Change.Delete(ObjectKey.of(key), Optional.empty(), held, false);
            write(
                    registers.invoke(client, new RegisterModel.Ask.Delete(key, asked)),
                    () -> store.change("registers", List.of(delete)),
                    new RegisterModel.Answer.Done(),
                    new RegisterModel.Answer.Refused());
            return;
        }
        String value = value();
        write(
                registers.invoke(client, new RegisterModel.Ask.Put(key, value, asked)),
                () -> put(store, "registers", key, value, held),
                new RegisterModel.Answer.Done(),
                new RegisterModel.Answer.Refused());
    }

    private static <T> Optional<T> quietly(Supplier<Optional<T>> question) {
        try {
            return question.get();
        } catch (RuntimeException e) {
            return Optional.empty();
        }
    }

    private <I, O> void write(History<I, O>.Pending pending, Runnable change, O done, O refused) {
        ask(pending, true, () -> {
            try {
                change.run();
                return done;
            } catch (ObjectException e) {
                if (e.problem() == ObjectProblem.PRECONDITION_FAILED || e.problem() == ObjectProblem.NO_SUCH_KEY) {
                    return refused;
                }
                throw e;
            }
        });
    }

    private void race(int client, ObjectStore store, Random random) {
        String key = "key" + unique.get() / 12;
        if (random.nextBoolean()) {
            String value = value();
            write(
                    races.invoke(client, new CreateRaceModel.Ask.Create(key, value)),
                    () -> put(store, "races", key, value, Condition.noneMatches(Condition.ANY)),
                    new CreateRaceModel.Answer.Won(),
                    new CreateRaceModel.Answer.Lost());
        } else {
            ask(
                    races.invoke(client, new CreateRaceModel.Ask.Get(key)),
                    false,
                    () -> get(store, "races", key)
                            .<CreateRaceModel.Answer>map(CreateRaceModel.Answer.Found::new)
                            .orElseGet(CreateRaceModel.Answer.Missing::new));
        }
    }

    private void set(int client, ObjectStore store, Random random) {
        String bucket = random.nextBoolean() ? "set-a" : "set-b";
        String name = "name" + random.nextInt(5);
        SetModel.Answer done = new SetModel.Answer.Done();
        switch (random.nextInt(4)) {
            case 0 ->
                write(
                        sets.invoke(client, new SetModel.Ask.Add(bucket, name)),
                        () -> put(store, bucket, name, value(), Condition.NONE),
                        done,
                        done);
            case 1 ->
                write(
                        sets.invoke(client, new SetModel.Ask.Remove(bucket, name)),
                        () -> store.change(bucket, List.of(Change.Delete.of(ObjectKey.of(name)))),
                        done,
                        done);
            case 2 ->
                ask(
                        sets.invoke(client, new SetModel.Ask.Has(bucket, name)),
                        false,
                        () -> new SetModel.Answer.Held(store.find(bucket, ObjectKey.of(name), Optional.empty())
                                .isPresent()));
            default ->
                ask(sets.invoke(client, new SetModel.Ask.ListAll(bucket)), false, () -> {
                    Listing page = store.list(ListRequest.of(bucket, Prefix.ALL));
                    return new SetModel.Answer.Listed(page.objects().stream()
                            .map(object -> object.key().text())
                            .toList());
                });
        }
    }
}
