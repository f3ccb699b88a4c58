package dev.varve.blobstore.replica;

import dev.varve.blobstore.chunk.ChunkId;
import dev.varve.blobstore.chunk.DiskIdentity;
import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.model.cluster.Role;
import dev.varve.model.host.EventLoop;
import dev.varve.testkit.sim.Happening;
import dev.varve.testkit.sim.Nemesis;
import dev.varve.testkit.sim.SimDisk;
import dev.varve.testkit.sim.SimFiles;
import dev.varve.testkit.sim.SimHost;
import dev.varve.testkit.sim.SimNetwork;
import dev.varve.testkit.sim.SimRegisters;
import dev.varve.testkit.sim.Simulation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * One run of the life of replicas: three to five nodes, clients that write with old views, two controllers that ask for
 * anything, groups that are moved to and fro, floors that rise, disks that are emptied, and harm; then all is mended and everything must come together.
 */
final class ReplicaRun {
    private static final Duration HARM = Duration.ofSeconds(12);
    private static final Duration MOST = Duration.ofMinutes(4);
    private static final Duration CALM = Duration.ofSeconds(4);
    private static final int SOME_CHUNKS = 5;
    private static final Duration SOME = Duration.ofSeconds(20);
    private static final Duration MOVE = Duration.ofMillis(600);
    private static final Duration LOOK = Duration.ofMillis(250);
    private static final List<ReplicaState> STATES = List.of(ReplicaState.values());
    private static final int WRITABLE = 2;
    private static final int PUTS = 30;
    private static final int FEW_PUTS = 8;
    private static final List<String> MARKS = List.of("marks/MARKS", "marks/MARKS2");

    /**
     * How a run went.
     *
     * @param problem what was wrong; empty if nothing
     * @param isLoss whether a chunk is gone, or a group can no longer be written, not merely late
     */
    record Result(
            Optional<String> problem,
            boolean isLoss,
            long traceHash,
            int acknowledged,
            int drained,
            int wiped,
            Set<Happening> happened) {}

    /** A process on a host. */
    private static final class NodeProcess {
        final EventLoop loop;
        final ReplicaBook book;
        final SimChunks chunks;
        final ReplicaLife life;

        NodeProcess(EventLoop loop, ReplicaBook book, SimChunks chunks, ReplicaLife life) {
            this.loop = loop;
            this.book = book;
            this.chunks = chunks;
            this.life = life;
        }
    }

    private final Simulation simulation;
    private final Set<Safeguard> safeguards;
    /** Whether nodes leave one by one; what keeps chunks safe must do so without, too. */
    private final boolean keepsWritable;

    private final int groups;
    private final List<String> names;
    private final List<SimHost> hosts = new ArrayList<>();
    private final SimNetwork<Question.Letter> network;
    private final Nemesis<Question.Letter, Integer> nemesis;
    private final Map<String, NodeProcess> processes = new TreeMap<>();
    private final Map<String, ClusterView> views = new HashMap<>();
    private final Map<String, UUID> disks = new HashMap<>();
    private final Map<Integer, UUID> births = new HashMap<>();
    private final ReplicaSettings settings;
    private final SimMetadata metadata;
    /** Copies that a disk lost when it was emptied, while its node has not admitted to it. */
    private final Map<String, Set<ChunkId>> believed = new HashMap<>();

    /** Groups that were last moved to the first half of the nodes. */
    private final Set<Integer> firstHalf = new HashSet<>();

    /** Groups that have had enough members once: from then on they always do, while disks keep what they have. */
    private final Set<Integer> writable = new HashSet<>();

    private final Set<String> toWipe = new HashSet<>();
    /** Whether groups are moved from some nodes to others all the time, in good order. */
    private final boolean isMoving;

    private final Duration flips;
    private final boolean isCalm;
    private final double wipes;
    private final double rots;
    /** How long chunks wait before they are written. */
    private final Duration mostQueued;
    /** In a queue that is always long. */
    private final Duration leastQueued;

    private boolean isHarmed = true;
    private boolean isSettled;
    private Optional<String> loss = Optional.empty();
    private int drained;
    private int wiped;
    private long counter;

    static Result of(long seed) {
        return new ReplicaRun(seed, EnumSet.allOf(Safeguard.class), true).run();
    }

    static Result without(long seed, Safeguard safeguard) {
        return new ReplicaRun(seed, EnumSet.complementOf(EnumSet.of(safeguard)), true).run();
    }

    static Result withoutFloorCheck(long seed) {
        return new ReplicaRun(seed, EnumSet.allOf(Safeguard.class), false).run();
    }

    private ReplicaRun(long seed, EnumSet<Safeguard> kept, boolean checksFloor) {
        simulation = new Simulation(seed);
        safeguards = kept;
        keepsWritable = simulation.chance(0.6);
        if (!keepsWritable) {
            // That it keeps groups writable must not be what keeps chunks safe.
            kept.remove(Safeguard.LEAVE_ONE_BY_ONE);
        }
        isMoving = simulation.chance(0.35);
        groups = simulation.random().nextInt(1, 3);
        names = IntStream.range(0, simulation.random().nextInt(isMoving ? 4 : 3, 6))
                .mapToObj(i -> "n" + i)
                .toList();
        network = new SimNetwork<>(simulation, letter -> true);
        metadata = new SimMetadata(simulation, checksFloor);
        settings = new ReplicaSettings(
                Duration.ofMillis(simulation.random().nextInt(500, 20_000)),
                Duration.ofMillis(100),
                simulation.chance(0.5) ? 1L << 30 : 200,
                simulation.random().nextInt(1, 5),
                simulation.chance(0.5) ? 100 : simulation.random().nextInt(1, 4));
        // Some rules only matter where all else is well and nobody knows what he wants.
        isCalm = simulation.chance(0.5);
        flips = Duration.ofMillis(
                isCalm && !isMoving
                        ? simulation.random().nextInt(3, 100)
                        : simulation.random().nextInt(isMoving ? 500 : 50, 1500));
        wipes = simulation.chance(0.4) ? simulation.random().nextDouble() * 0.5 : 0;
        rots = simulation.chance(0.4) ? simulation.random().nextDouble() * 0.5 : 0;
        mostQueued = Duration.ofMillis(
                simulation.chance(isMoving ? 0.2 : 0.5)
                        ? 1
                        : simulation.random().nextInt(20, 1000));
        leastQueued = isMoving ? mostQueued.dividedBy(2) : Duration.ZERO;
        names.forEach(name -> hosts.add(new SimHost(simulation, name, 0.05, this::serve)));
        List<SimHost> clients = IntStream.range(0, 2)
                .mapToObj(i -> new SimHost(simulation, "c" + i, 0.05, this::write))
                .toList();
        nemesis = new Nemesis<>(simulation, hosts, clients, network, new SimRegisters<>(simulation, 0));
        for (SimHost host : hosts) {
            disks.put(host.name(), new UUID(simulation.random().nextLong(), 1));
            views.put(host.name(), ClusterView.EMPTY);
            host.start();
        }
        for (SimHost client : clients) {
            views.put(client.name(), ClusterView.EMPTY);
            client.start();
        }
    }

    private Result run() {
        for (int group = 0; group < groups; group++) {
            for (String name : names.subList(0, 3)) {
                ask(name, group, ReplicaState.MEMBER);
            }
        }
        look();
        see();
        flip();
        if (isMoving) {
            move();
        }
        metadata.start();
        if (isCalm) {
            network.setOdds(SimNetwork.Odds.GOOD);
        } else {
            nemesis.start();
        }
        simulation.run(isCalm ? CALM : HARM, () -> loss.isPresent());
        isHarmed = false;
        nemesis.stop();
        metadata.stop();
        insist();
        boolean mustSettle = safeguards.contains(Safeguard.LEAVE_ONE_BY_ONE);
        boolean isDone = simulation.run(mustSettle ? MOST : SOME, () -> loss.isPresent() || isSettled);
        Optional<String> problem = loss.isPresent() || isDone || !mustSettle
                ? loss
                : Optional.of("replicas did not come together: " + state());
        return new Result(
                problem.map(text -> text + "\n" + simulation.story()),
                loss.isPresent(),
                simulation.traceHash(),
                metadata.wanted().size(),
                drained,
                wiped,
                simulation.happened());
    }

    private NodeProcess process(String name) {
        return Objects.requireNonNull(processes.get(name));
    }

    private ClusterView seenBy(String name) {
        return Objects.requireNonNull(views.get(name));
    }

    // Nodes.

    private void serve(SimHost host) {
        String name = host.name();
        SimDisk disk = host.disk();
        if (toWipe.remove(name)) {
            empty(host);
        }
        EventLoop loop = host.loop();
        DiskIdentity identity =
                new DiskIdentity(new UUID(0, 1), number(name), Objects.requireNonNull(disks.get(name)), 1);
        MarkCodec.Found.Marks marks = marks(disk, identity);
        SimFiles markFiles = new SimFiles(host);
        ReplicaBook book = new ReplicaBook(loop, identity, marks, bytes -> save(markFiles, bytes), safeguards);
        NodeProcess[] self = new NodeProcess[1];
        SimAsks asks = new SimAsks(
                loop, network.of(host), (from, question) -> answer(self[0], question), (long) host.lives() << 32);
        SimChunks chunks = new SimChunks(
                new SimFiles(host),
                disk,
                (from, chunk) -> asks.ask(from, new Question.Fetch(chunk)).thenApply(Boolean.class::cast));
        ReplicaContext context = new ReplicaContext(
                loop,
                name,
                () -> seenBy(name),
                book,
                chunks,
                asks,
                new CopyLimit(loop, settings.bytesPerSecond(), settings.copies()),
                settings,
                safeguards,
                simulation.random(),
                new ReplicaCounters(),
                (alarm, group, node, text) -> simulation.trace(node, "! " + alarm + " " + text));
        ReplicaLife life = new ReplicaLife(context, (group, claim) -> born(loop, group, claim));
        self[0] = new NodeProcess(loop, book, chunks, life);
        processes.put(name, self[0]);
        if (marks.marks().values().stream().noneMatch(mark -> mark.state() == ReplicaState.MEMBER)) {
            believed.remove(name);
        }
        life.start();
        collect(host, self[0], host.lives());
    }

    private static int number(String name) {
        return Integer.parseInt(name.substring(1)) + 1;
    }

    private MarkCodec.Found.Marks marks(SimDisk disk, DiskIdentity identity) {
        try {
            List<ByteBuffer> copies = new ArrayList<>();
            for (String file : MARKS) {
                if (disk.exists(file)) {
                    copies.add(disk.read(file));
                }
            }
            return ReplicaBook.read(copies, identity, safeguards);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CompletableFuture<Void> save(SimFiles files, ByteBuffer bytes) {
        return Futures.each(
                MARKS,
                file -> files.delete("marks/NEW")
                        .thenCompose(nothing -> files.append("marks/NEW", bytes.duplicate()))
                        .thenCompose(nothing -> files.force("marks/NEW"))
                        .thenCompose(nothing -> files.move("marks/NEW", file))
                        .thenCompose(nothing -> files.forceNames("marks")));
    }

    private CompletableFuture<?> answer(NodeProcess self, Question question) {
        return switch (question) {
            case Question.Standing(int group) -> CompletableFuture.completedFuture(self.life.standing(group));
            case Question.Digest(int group) -> self.life.digest(group);
            case Question.Listing listing ->
                self.life.list(listing.group(), listing.buckets(), listing.after(), listing.most());
            case Question.See(int group, List<ChunkFact> chunks, String source) -> self.life.see(group, chunks, source);
            case Question.Fetch(ChunkFact chunk) -> self.chunks.isGood(chunk);
            case Question.Put(ChunkFact chunk) -> put(self, chunk);
        };
    }

    private CompletableFuture<?> put(NodeProcess self, ChunkFact chunk) {
        int group = chunk.id().group();
        ReplicaBook.Held since = self.book.held(group);
        if (!ReplicaBook.accepts(since)) {
            return CompletableFuture.failedFuture(new IllegalStateException("not here"));
        }
        CompletableFuture<Void> turn = new CompletableFuture<>();
        self.loop.after(
                leastQueued.plus(simulation.upTo(mostQueued.minus(leastQueued))),
                () -> turn.complete(ReplicaBook.nothing()));
        return turn.thenCompose(over -> self.chunks.store(chunk)).thenApply(nothing -> self.book.counts(group, since));
    }

    private CompletableFuture<UUID> born(EventLoop loop, int group, UUID claim) {
        CompletableFuture<UUID> fact = new CompletableFuture<>();
        boolean isAnswerLost = isHarmed && simulation.chance(0.2);
        simulation.after(simulation.upTo(Duration.ofMillis(200)), () -> {
            births.putIfAbsent(group, claim);
            simulation.after(
                    simulation.upTo(Duration.ofMillis(200)),
                    () -> loop.execute(() -> {
                        if (isAnswerLost) {
                            fact.completeExceptionally(new IllegalStateException("unknown"));
                        } else {
                            fact.complete(births.get(group));
                        }
                    }));
        });
        return fact;
    }

    /** The node deletes what its own, older metadata say is garbage. */
    private void collect(SimHost host, NodeProcess self, int life) {
        self.loop.after(simulation.upTo(Duration.ofSeconds(2)), () -> {
            if (!metadata.isBehind(host.name())) {
                metadata.follow(host.name());
                SimMetadata.Replica known = metadata.replica(host.name());
                GarbageRule rule = new GarbageRule(known.floor(), birth -> false);
                List<ChunkId> garbage = self.chunks.all().stream()
                        .filter(chunk -> rule.isCandidate(chunk.birth())
                                && !known.wanted().contains(chunk.id()))
                        .map(ChunkFact::id)
                        .toList();
                var _ = self.chunks.delete(garbage);
            }
            collect(host, self, life);
        });
    }

    // Clients.

    private void write(SimHost host) {
        SimAsks[] asks = new SimAsks[1];
        asks[0] = new SimAsks(
                host.loop(),
                network.of(host),
                (from, question) -> CompletableFuture.failedFuture(new IllegalStateException("a client")),
                1L << 60);
        // Disks are only taken while nothing is being written.
        write(host, asks[0], wipes > 0 ? FEW_PUTS : PUTS);
    }

    private void write(SimHost host, SimAsks asks, int left) {
        if (left == 0) {
            return;
        }
        host.loop().after(simulation.upTo(Duration.ofMillis(isCalm ? 400 : 1200)), () -> {
            int group = simulation.random().nextInt(groups);
            ChunkId id = new ChunkId((long) group << 48 | 7, ++counter);
            ChunkFact chunk = SimChunks.chunk(id, metadata.birthFor(host.name()));
            ClusterView view = seenBy(host.name());
            if (!view.holders(group).equals(view().holders(group))) {
                simulation.happens(Happening.OLD_VIEW);
            }
            Set<String> nodes = new HashSet<>(view.holders(group));
            if (nodes.size() < 2 || simulation.chance(0.3)) {
                nodes.addAll(view.inState(group, ReplicaState.BOOTSTRAP));
            }
            Set<String> counted = new HashSet<>();
            boolean[] isOver = new boolean[1];
            metadata.beginWrite();
            for (String node : new TreeSet<>(nodes)) {
                var _ = asks.ask(node, new Question.Put(chunk)).thenAccept(counts -> {
                    if ((Boolean) counts && counted.add(node) && counted.size() == 2 && !isOver[0]) {
                        isOver[0] = true;
                        metadata.commit(host.name(), chunk);
                    }
                });
            }
            write(host, asks, left - 1);
        });
    }

    // Whoever places replicas.

    private void ask(String name, int group, ReplicaState to) {
        NodeProcess process = process(name);
        process.loop.execute(() -> {
            ReplicaState goal = process.life.goal(group);
            if (goal != null && goal != to && isHarmed) {
                simulation.happens(Happening.TWO_CONTROLLERS);
            }
            simulation.trace(name, "asked to be " + to + " of " + group);
            var _ = process.life.change(group, to).whenComplete((nothing, failure) -> {
                simulation.trace(name, group + (failure == null ? " is " : " is not ") + to);
                drained += failure == null && to == ReplicaState.DROPPED ? 1 : 0;
            });
        });
    }

    /** Anything, at any time. */
    private void flip() {
        if (!isHarmed) {
            return;
        }
        if (metadata.wanted().size() < SOME_CHUNKS && simulation.now() < CALM.toNanos() / 2) {
            // Groups that hold nothing have nothing to lose.
            simulation.after(LOOK, this::flip);
            return;
        }
        simulation.after(simulation.upTo(flips.multipliedBy(2)), () -> {
            if (isHarmed) {
                String name = names.get(simulation.random().nextInt(names.size()));
                ReplicaState to = STATES.get(simulation.random().nextInt(STATES.size()));
                if (simulation.chance(0.45)) {
                    to = ReplicaState.MEMBER;
                }
                ask(name, simulation.random().nextInt(groups), to);
                if (simulation.chance(0.1)) {
                    storm();
                }
                if (simulation.chance(wipes)) {
                    wipe(hosts.get(simulation.random().nextInt(hosts.size())));
                }
                if (simulation.chance(rots)) {
                    rot();
                }
                flip();
            }
        });
    }

    /** Some are asked to come, and soon the others to go; whoever writes by an old view does not know of either. */
    private void move() {
        if (!isHarmed) {
            return;
        }
        int group = simulation.random().nextInt(groups);
        boolean isFirstHalf = !firstHalf.remove(group);
        if (isFirstHalf) {
            firstHalf.add(group);
        }
        List<String> half = names.subList(0, names.size() / 2);
        List<String> otherHalf = names.subList(names.size() / 2, names.size());
        List<String> coming = isFirstHalf ? half : otherHalf;
        List<String> going = isFirstHalf ? otherHalf : half;
        coming.forEach(name -> ask(name, group, ReplicaState.MEMBER));
        simulation.after(simulation.upTo(MOVE), () -> {
            if (isHarmed) {
                going.forEach(name -> ask(name, group, ReplicaState.OFFLINE));
                drop(going, group, simulation.random().nextInt(1, 4));
            }
        });
        simulation.after(Duration.ofMillis(simulation.random().nextInt(300, 1500)), this::move);
    }

    /** Several are asked to go at once, by somebody who does not know of the others. */
    private void storm() {
        int group = simulation.random().nextInt(groups);
        double part = simulation.chance(0.5) ? 1 : simulation.random().nextDouble();
        List<String> some = names.stream()
                .filter(name -> simulation.random().nextDouble() < part)
                .toList();
        some.forEach(name -> ask(name, group, ReplicaState.OFFLINE));
        drop(some, group, simulation.random().nextInt(1, 4));
    }

    /** Asked once more than needed, now and then. */
    private void drop(List<String> some, int group, int times) {
        simulation.after(simulation.upTo(Duration.ofMillis(500)), () -> {
            if (isHarmed && times > 0) {
                some.forEach(name -> ask(name, group, ReplicaState.DROPPED));
                drop(some, group, times - 1);
            }
        });
    }

    /** Each process learns now and then how things were some time before. */
    private void see() {
        ClusterView view = view();
        for (String name : views.keySet().stream().sorted().toList()) {
            simulation.after(
                    simulation.upTo(isHarmed ? Duration.ofSeconds(isCalm ? 2 : 4) : Duration.ofMillis(50)), () -> {
                        if (simulation.chance(0.7) || !isHarmed) {
                            views.put(name, view);
                        }
                    });
        }
        simulation.after(Duration.ofMillis(simulation.random().nextInt(50, 800)), this::see);
    }

    private ClusterView view() {
        Map<String, ClusterMember> members = new TreeMap<>();
        for (SimHost host : hosts) {
            members.put(
                    host.name(),
                    new ClusterMember(
                            host.name(),
                            number(host.name()),
                            "z",
                            "h",
                            1,
                            2,
                            3,
                            4,
                            Set.of(Role.STORE),
                            host.isUp() && !host.isPaused()));
        }
        List<Map<String, ReplicaState>> states = new ArrayList<>();
        for (int group = 0; group < groups; group++) {
            Map<String, ReplicaState> of = new TreeMap<>();
            for (String name : names) {
                of.put(name, process(name).book.state(group));
            }
            states.add(of);
        }
        return new ClusterView(members, states, Map.of());
    }

    /** In the end all is asked again until it is so. */
    private void insist() {
        for (SimHost host : hosts) {
            if (host.isUp()) {
                for (int group = 0; group < groups; group++) {
                    ReplicaState goal = names.indexOf(host.name()) < 3 ? ReplicaState.MEMBER : ReplicaState.DROPPED;
                    NodeProcess process = process(host.name());
                    boolean isThere = goal == ReplicaState.MEMBER
                            ? process.book.state(group) == goal
                            : process.book.state(group) == ReplicaState.OFFLINE;
                    if (process.life.goal(group) != goal && !isThere) {
                        ask(host.name(), group, goal);
                    }
                }
            }
        }
        simulation.after(Duration.ofSeconds(1), this::insist);
    }

    // Disks.

    /** Harms a copy of which there is another one. */
    private void rot() {
        List<ChunkFact> chunks = List.copyOf(metadata.wanted().values());
        if (chunks.isEmpty()) {
            return;
        }
        ChunkFact chunk = chunks.get(simulation.random().nextInt(chunks.size()));
        SimHost host = hosts.get(simulation.random().nextInt(hosts.size()));
        if (host.isUp() && isElsewhere(host, chunk)) {
            simulation.trace("nemesis", "harms " + chunk.id() + " on " + host.name());
            SimChunks.harm(host.disk(), chunk);
        }
    }

    /** Whether a member that may be relied on has a chunk, besides a host. */
    private boolean isElsewhere(SimHost host, ChunkFact chunk) {
        return hosts.stream()
                .anyMatch(other -> other != host
                        && !toWipe.contains(other.name())
                        && !other.name().equals(nemesis.rotting())
                        && process(other.name()).book.state(chunk.id().group()) == ReplicaState.MEMBER
                        && (SimChunks.isIntact(other.disk(), chunk)
                                || believed.getOrDefault(other.name(), Set.of()).contains(chunk.id())));
    }

    /** Takes a disk that others can do without, if what nodes say is true. */
    private void wipe(SimHost host) {
        boolean isSpare = metadata.wanted().values().stream().allMatch(chunk -> isElsewhere(host, chunk));
        if (!isSpare || !host.isUp() || !metadata.isQuiet()) {
            return;
        }
        simulation.trace("nemesis", "empties the disk of " + host.name());
        wiped++;
        Set<ChunkId> lost = believed.computeIfAbsent(host.name(), any -> new HashSet<>());
        metadata.wanted().values().stream()
                .filter(chunk -> SimChunks.isIntact(host.disk(), chunk))
                .forEach(chunk -> lost.add(chunk.id()));
        host.crash();
        toWipe.add(host.name());
        simulation.after(simulation.upTo(Duration.ofSeconds(1)), () -> {
            if (!host.isUp()) {
                host.start();
            }
        });
    }

    private void empty(SimHost host) {
        SimDisk disk = host.disk();
        boolean keepsMarks = simulation.chance(0.7);
        disk.failForces(false);
        try {
            for (String folder : List.of("chunks", "drafts", "marks")) {
                if (!folder.equals("marks") || !keepsMarks) {
                    for (String file : disk.list(folder)) {
                        disk.delete(file);
                    }
                }
                disk.forceNames(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        disks.put(host.name(), new UUID(simulation.random().nextLong(), 1));
    }

    // The judge.

    private void look() {
        for (ChunkFact chunk : metadata.wanted().values()) {
            if (hosts.stream()
                    .noneMatch(host -> !toWipe.contains(host.name()) && SimChunks.isIntact(host.disk(), chunk))) {
                loss = Optional.of("lost chunk " + chunk + ": " + state());
            }
        }
        for (int group = 0; group < groups; group++) {
            int members = members(group);
            if (members >= WRITABLE) {
                writable.add(group);
            } else if (keepsWritable && writable.contains(group) && wiped == 0 && !hasRotten()) {
                loss = Optional.of("group " + group + " has " + members + " members: " + state());
            }
        }
        isSettled = !isHarmed && isSettled();
        simulation.after(LOOK, this::look);
    }

    private int members(int group) {
        return (int) names.stream()
                .filter(name -> process(name).book.state(group) == ReplicaState.MEMBER)
                .count();
    }

    /** Bits may have been turned in marks, too. */
    private boolean hasRotten() {
        return simulation.happened().contains(Happening.FLIPPED_BIT);
    }

    private boolean isSettled() {
        for (int group = 0; group < groups; group++) {
            for (String name : names) {
                NodeProcess process = process(name);
                boolean isHolder = names.indexOf(name) < 3;
                if (isForgotten(group)) {
                    continue;
                }
                if (process.book.state(group) != (isHolder ? ReplicaState.MEMBER : ReplicaState.OFFLINE)) {
                    return false;
                }
            }
        }
        return metadata.wanted().values().stream()
                .allMatch(chunk -> hosts.stream()
                                .limit(3)
                                .filter(host -> SimChunks.isIntact(host.disk(), chunk))
                                .count()
                        == 3);
    }

    /** A group whose members all lost their disks before anything was written: only a person can tell. */
    private boolean isForgotten(int group) {
        return metadata.wanted().keySet().stream().noneMatch(id -> id.group() == group)
                && processes.values().stream()
                        .allMatch(process -> process.book.state(group) != ReplicaState.MEMBER
                                && process.book.state(group) != ReplicaState.DRAINING)
                && births.values().stream()
                        .noneMatch(birth -> processes.values().stream()
                                .anyMatch(process ->
                                        birth.equals(process.book.mark(group).claim())));
    }

    private String state() {
        StringBuilder text = new StringBuilder();
        for (int group = 0; group < groups; group++) {
            text.append("\ngroup ").append(group).append(" born ").append(births.get(group));
            for (SimHost host : hosts) {
                NodeProcess process = process(host.name());
                text.append(' ')
                        .append(host.name())
                        .append(host.isUp() ? " " : " (down) ")
                        .append(process.book.state(group))
                        .append(process.life.goal(group) == null ? "" : "→" + process.life.goal(group));
            }
        }
        for (ChunkFact chunk : metadata.wanted().values()) {
            text.append("\n").append(chunk.id());
            hosts.stream()
                    .filter(host -> SimChunks.isIntact(host.disk(), chunk))
                    .forEach(host -> text.append(' ').append(host.name()));
        }
        return text.toString();
    }
}
