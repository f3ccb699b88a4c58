package dev.varve.blobstore.shared;

import dev.varve.model.host.Peers;
import dev.varve.testkit.history.Checker;
import dev.varve.testkit.history.History;
import dev.varve.testkit.history.Limits;
import dev.varve.testkit.history.Operation;
import dev.varve.testkit.history.Verdict;
import dev.varve.testkit.sim.Happening;
import dev.varve.testkit.sim.Nemesis;
import dev.varve.testkit.sim.SimFiles;
import dev.varve.testkit.sim.SimHost;
import dev.varve.testkit.sim.SimNetwork;
import dev.varve.testkit.sim.SimPeers;
import dev.varve.testkit.sim.SimRegisters;
import dev.varve.testkit.sim.Simulation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * One run of a shared log: three to five servers that follow it and may lead, three of them with chunks, four clients, a
 * view of who should lead that reaches each server late, and harm for a while; in half of the runs those who decide on
 * leaders change their minds all the time; then all is mended, everything read, the
 * history judged.
 */
final class LogRun<S, I, O> {
    private static final int CLIENTS = 4;
    private static final int OPERATIONS = 30;
    private static final int MOST_AT_ONCE = 6;
    private static final int STORES = 3;
    private static final Duration HARM = Duration.ofSeconds(15);
    private static final Duration MOST = Duration.ofMinutes(2);
    private static final String LOG = "log";
    private static final int NUMBER = 3;
    private static final String GAVE_UP = "not judged: ";

    /**
     * How a run went.
     *
     * @param problem what was wrong; empty if nothing
     * @param isViolation whether it is wrong answers, not merely too few
     */
    record Result(
            Optional<String> problem,
            boolean isViolation,
            long traceHash,
            int operations,
            long unknown,
            long failed,
            long acknowledged,
            Set<Happening> happened) {}

    private final Simulation simulation;
    private final Rule rule;
    private final Workload<S, I, O> workload;
    private final SimNetwork<SimPeers.Message> network;
    private final SimRegisters<Pointer> registers;
    private final LogSettings settings;
    private final boolean hasCheckpoints;
    private final Ops<I, O> ops = new Ops<>();
    private final History<I, O> history = new History<>();
    private final Truth truth = new Truth();
    private final List<Shard.Snapshot<S>> snapshots = new ArrayList<>();
    private final List<SimHost> servers = new ArrayList<>();
    private final List<String> serverNames;
    private final List<Client<I, O>> clients = new ArrayList<>();
    /** Of the process that runs on each server now. */
    private final Map<String, Shard<S, I, O>> shards = new TreeMap<>();
    /** Whom each server believes to lead. */
    private final Map<String, String> beliefs = new HashMap<>();

    /** Whether those who say who should lead change their minds all the time, and disagree. */
    private final boolean isDuel;

    private final int mostReign;
    private final double splits;
    /** How long clients think, some times. */
    private final int mostThought;
    /** How often many want something appended at once, where leaders take little at once. */
    private final double crowd;

    /** Who should lead, as the last decision was. */
    private String newestLeader = "";

    private boolean isHarmed = true;

    private LogRun(long seed, Rule rule, Workload<S, I, O> workload) {
        simulation = new Simulation(seed);
        this.rule = rule;
        this.workload = workload;
        network = new SimNetwork<>(simulation, LogRun::mayComeTwice);
        registers = new SimRegisters<>(simulation, Pointer.START);
        serverNames = IntStream.range(0, simulation.random().nextInt(STORES, 6))
                .mapToObj(i -> "n" + i)
                .toList();
        boolean isTight = simulation.chance(0.4);
        settings = new LogSettings(
                simulation.random().nextInt(1, 200),
                simulation.random().nextInt(1, 2000),
                1 << 20,
                simulation.random().nextInt(1, isTight ? 10 : 500),
                simulation.random().nextInt(1, 2000),
                Duration.ofMillis(simulation.random().nextInt(isTight ? 100 : 500, isTight ? 1500 : 8000)),
                Duration.ofMillis(simulation.random().nextInt(500, 5000)));
        hasCheckpoints = simulation.chance(0.5);
        crowd = isTight ? 0.1 : 0;
        mostThought = simulation.chance(0.5) ? 600 : 3000;
        isDuel = simulation.chance(0.5);
        if (isDuel) {
            mostReign = simulation.random().nextInt(100, 1000);
            splits = 0.7;
        } else {
            mostReign = simulation.chance(0.2) ? 700 : 6000;
            splits = 0.3;
        }
    }

    /** What clients ask comes once: it would be done twice. */
    private static boolean mayComeTwice(SimPeers.Message message) {
        return !(message instanceof SimPeers.Message.Ask ask && ask.method().equals(Client.METHOD));
    }

    static Result of(long seed, Rule rule) {
        return run(seed, rule, Workload.ALL.get((int) Math.floorMod(seed, (long) Workload.ALL.size())));
    }

    private static <S, I, O> Result run(long seed, Rule rule, Workload<S, I, O> workload) {
        return new LogRun<>(seed, rule, workload).run();
    }

    private Result run() {
        serverNames.forEach(name -> servers.add(new SimHost(simulation, name, 0.05, this::serve)));
        List<SimHost> clientHosts = IntStream.range(0, CLIENTS)
                .mapToObj(i -> new SimHost(simulation, "c" + i, 0.05, host -> use(i, host)))
                .toList();
        Nemesis<SimPeers.Message, Pointer> nemesis =
                new Nemesis<>(simulation, servers, clientHosts, network, registers);
        servers.forEach(server -> server.start());
        clientHosts.forEach(client -> client.start());
        elect();
        nemesis.start();
        simulation.run(HARM, () -> truth.problem().isPresent());
        isHarmed = false;
        nemesis.stop();
        serverNames.forEach(name -> beliefs.put(name, "n0"));
        clients.forEach(client -> client.insist());
        clients.forEach(client -> client.ask(workload.last()));
        boolean isDone = simulation.run(MOST, () -> truth.problem().isPresent() || isDone());
        return judge(isDone);
    }

    private boolean isDone() {
        return clients.stream().allMatch(client -> client.isDone())
                && shards.values().stream().allMatch(shard -> shard.next() == truth.end());
    }

    /** Somebody else should lead now and then; each server hears of it some time later. */
    private void elect() {
        String leader = serverNames.get(simulation.random().nextInt(serverNames.size()));
        simulation.trace("view", leader + " should lead");
        boolean isSplit = simulation.chance(splits);
        if (isSplit) {
            simulation.happens(Happening.TWO_CONTROLLERS);
        }
        newestLeader = leader;
        for (String name : serverNames) {
            String told = isSplit ? toldBySomebodyElse(name) : leader;
            simulation.after(simulation.upTo(Duration.ofMillis(mostReign / 2)), () -> {
                if (isHarmed) {
                    beliefs.put(name, told);
                }
            });
        }
        simulation.after(Duration.ofMillis(simulation.random().nextInt(mostReign / 10, mostReign)), () -> {
            if (isHarmed) {
                elect();
            }
        });
    }

    /** Two controllers tell different things; in a duel often that whoever asks should lead. */
    private String toldBySomebodyElse(String name) {
        return isDuel && simulation.chance(0.5)
                ? name
                : serverNames.get(simulation.random().nextInt(serverNames.size()));
    }

    /** What a server's process is. */
    private void serve(SimHost host) {
        Peers peers = new SimPeers(host, network);
        long process = (long) servers.indexOf(host) << Integer.SIZE | host.lives();
        SimLogChunks chunks =
                new SimLogChunks(host.loop(), new SimFiles(host), peers, serverNames.subList(0, STORES), process, rule);
        LogNode node = new LogNode(
                peers,
                host.lives(),
                host.loop(),
                chunks,
                host.wallClock(),
                simulation.random().split(),
                host.loop(),
                settings,
                rule);
        LogCore log = node.open(LOG, NUMBER, registers.of(host, LOG));
        Shard<S, I, O> shard = new Shard<>(
                host.name(),
                host.loop(),
                log,
                workload.model(),
                workload.isRead(),
                ops,
                truth,
                snapshots,
                simulation.random().split());
        shards.put(host.name(), shard);
        peers.serve(Client.METHOD, (from, request) -> shard.request(request.getInt(), request.getInt()));
        log.start(0, shard);
        live(host, log, shard, chunks);
    }

    /** Follows the view, which is a hint and nothing more, and keeps house. */
    private void live(SimHost host, LogCore log, Shard<S, I, O> shard, SimLogChunks chunks) {
        String belief = beliefs.get(host.name());
        if (belief != null) {
            if (!belief.equals(newestLeader)) {
                simulation.happens(Happening.OLD_VIEW);
            }
            log.nominate(belief);
        }
        if (shards.values().stream().filter(any -> any.leads()).count() > 1) {
            simulation.happens(Happening.TWO_LEADERS);
        }
        if (simulation.chance(0.5)) {
            shard.look();
        }
        if (isHarmed && simulation.chance(crowd)) {
            for (int left = simulation.random().nextInt(1, MOST_AT_ONCE); left > 0; left--) {
                shard.fill();
            }
        }
        if (hasCheckpoints && simulation.chance(0.1)) {
            shard.checkpoint();
        }
        if (hasCheckpoints && simulation.chance(0.3)) {
            chunks.collect(log.start());
        }
        host.loop().after(Duration.ofMillis(100), () -> live(host, log, shard, chunks));
    }

    private void use(int number, SimHost host) {
        Peers peers = new SimPeers(host, network);
        SplittableRandom random = simulation.random().split();
        Client<I, O> client = new Client<>(
                number, host.loop(), peers, serverNames, ops, workload.isRead(), history, mostThought, random);
        clients.add(client);
        client.ask(IntStream.range(0, OPERATIONS)
                .mapToObj(i -> workload.next().apply(random, "c" + number + "-" + i))
                .toList());
    }

    /** Follows the log from the register: each chunk above the start must be on a disk, unharmed. */
    private Optional<String> lostChunk() {
        Pointer pointer = registers.past(LOG).getLast();
        Optional<Link> at = pointer.head();
        while (at.isPresent() && pointer.end() > pointer.start()) {
            Link link = at.get();
            Optional<Entry> entry = servers.stream()
                    .flatMap(server -> read(server, link).stream())
                    .findFirst();
            if (entry.isEmpty()) {
                return Optional.of("the entry at " + link.first() + " of the log is on no disk");
            }
            if (link.first() <= pointer.start()) {
                break;
            }
            List<Link> previous = entry.get().previous();
            at = previous.isEmpty() ? Optional.empty() : Optional.of(previous.getLast());
        }
        return Optional.empty();
    }

    private static Optional<Entry> read(SimHost server, Link link) {
        try {
            String file = SimLogChunks.fileOf(link.ref().id());
            if (!server.disk().exists(file)) {
                return Optional.empty();
            }
            ByteBuffer bytes = server.disk().read(file);
            return SimLogChunks.isIntact(link.ref(), bytes) ? Optional.of(Entry.decoded(bytes)) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Result judge(boolean isDone) {
        List<Operation<I, O>> operations = history.operations();
        Optional<String> wrong = truth.problem().or(this::lostChunk).or(() -> contradiction(operations));
        Optional<String> stuck =
                isDone ? Optional.empty() : Optional.of("no progress after all was mended: " + state());
        return new Result(
                wrong.or(() -> stuck)
                        .map(what -> workload.name() + ", rule " + rule + ": " + what + "\n" + simulation.story()),
                wrong.isPresent() && !wrong.get().startsWith(GAVE_UP),
                simulation.traceHash(),
                operations.size(),
                operations.stream().filter(operation -> operation.isUnknown()).count(),
                history.failed(),
                truth.acknowledged(),
                simulation.happened());
    }

    private String state() {
        StringBuilder text = new StringBuilder("all saw ").append(truth.end());
        shards.forEach(
                (name, shard) -> text.append(", ").append(name).append(' ').append(shard.next()));
        clients.forEach(client -> text.append(client.isDone() ? ", done" : ", not done"));
        return text.toString();
    }

    private Optional<String> contradiction(List<Operation<I, O>> operations) {
        if (rule != Rule.GOOD) {
            // It has many seeds to be found by what is seen; the right one is judged by what clients saw too.
            return Optional.empty();
        }
        Limits limits = new Limits(200_000_000, 768L << 20);
        return switch (new Checker<>(workload.model(), limits).check(operations)) {
            case Verdict.Linearizable<I, O> fine -> Optional.empty();
            case Verdict.Unknown<I, O> unknown -> Optional.of(GAVE_UP + unknown);
            case Verdict.Violation<I, O> violation -> Optional.of(violation.toString());
        };
    }
}
