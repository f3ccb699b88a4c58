package dev.varve.testkit.commit;

import dev.varve.model.host.Network;
import dev.varve.testkit.history.Checker;
import dev.varve.testkit.history.History;
import dev.varve.testkit.history.Limits;
import dev.varve.testkit.history.Operation;
import dev.varve.testkit.history.Verdict;
import dev.varve.testkit.sim.Nemesis;
import dev.varve.testkit.sim.SimFiles;
import dev.varve.testkit.sim.SimHost;
import dev.varve.testkit.sim.SimNetwork;
import dev.varve.testkit.sim.SimRegisters;
import dev.varve.testkit.sim.Simulation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * One run of the commit protocol: three servers that store chunks and may lead, four clients, a view of who should lead
 * that reaches each server late, and harm for a while; then all is mended, everything read, the history judged.
 */
final class CommitRun<S, I, O> {
    private static final int CLIENTS = 4;
    private static final int OPERATIONS = 30;
    private static final Duration HARM = Duration.ofSeconds(15);
    private static final Duration MOST = Duration.ofMinutes(2);
    private static final String SHARD = "shard";
    private static final String GAVE_UP = "not judged: ";

    /**
     * How a run went.
     *
     * @param problem what was wrong; empty if nothing
     * @param isViolation whether it is wrong answers, not merely too few
     */
    record Result(
            Optional<String> problem, boolean isViolation, long traceHash, int operations, long unknown, long failed) {}

    private final Simulation simulation;
    private final Rule rule;
    private final Workload<S, I, O> workload;
    private final SimNetwork<Message<O>> network;
    private final SimRegisters<Pointer> registers;
    private final Ops<I> ops = new Ops<>();
    private final History<I, O> history = new History<>();
    private final List<SimHost> servers = new ArrayList<>();
    private final List<String> serverNames = List.of("n0", "n1", "n2");
    private final List<Client<I, O>> clients = new ArrayList<>();
    /** Whom each server believes to lead. */
    private final Map<String, String> beliefs = new HashMap<>();

    private boolean isHarmed = true;

    private CommitRun(long seed, Rule rule, Workload<S, I, O> workload) {
        simulation = new Simulation(seed);
        this.rule = rule;
        this.workload = workload;
        network = new SimNetwork<>(simulation, Message::mayComeTwice);
        registers = new SimRegisters<>(simulation, Pointer.START);
    }

    static Result of(long seed, Rule rule) {
        return run(seed, rule, Workload.ALL.get((int) Math.floorMod(seed, (long) Workload.ALL.size())));
    }

    private static <S, I, O> Result run(long seed, Rule rule, Workload<S, I, O> workload) {
        return new CommitRun<>(seed, rule, workload).run();
    }

    private Result run() {
        serverNames.forEach(name -> servers.add(new SimHost(simulation, name, 0.05, this::serve)));
        List<SimHost> clientHosts = IntStream.range(0, CLIENTS)
                .mapToObj(i -> new SimHost(simulation, "c" + i, 0.05, host -> use(i, host)))
                .toList();
        Nemesis<Message<O>, Pointer> nemesis = new Nemesis<>(simulation, servers, clientHosts, network, registers);
        servers.forEach(server -> server.start());
        clientHosts.forEach(client -> client.start());
        elect();
        nemesis.start();
        simulation.run(HARM, () -> false);
        isHarmed = false;
        nemesis.stop();
        serverNames.forEach(name -> beliefs.put(name, "n0"));
        clients.forEach(client -> client.insist());
        clients.forEach(client -> client.ask(workload.last()));
        boolean isDone = simulation.run(MOST, () -> clients.stream().allMatch(client -> client.isDone()));
        return judge(isDone);
    }

    /** Somebody else should lead now and then; each server hears of it some time later. */
    private void elect() {
        String leader = serverNames.get(simulation.random().nextInt(serverNames.size()));
        simulation.trace("view", leader + " should lead");
        boolean isSplit = simulation.chance(0.3);
        for (String name : serverNames) {
            // Two controllers tell different things.
            String told = isSplit ? serverNames.get(simulation.random().nextInt(serverNames.size())) : leader;
            simulation.after(simulation.upTo(Duration.ofSeconds(3)), () -> {
                if (isHarmed) {
                    beliefs.put(name, told);
                }
            });
        }
        simulation.after(Duration.ofMillis(simulation.random().nextInt(500, 6000)), () -> {
            if (isHarmed) {
                elect();
            }
        });
    }

    /** What a server's process is. */
    private void serve(SimHost host) {
        Network<Message<O>> wire = network.of(host);
        ChunkServer<O> chunks = new ChunkServer<>(host.loop(), new SimFiles(host), wire, rule);
        String process = host.name() + "." + host.lives();
        PointerLog<O> log = new PointerLog<>(
                host.loop(), host.wallClock(), wire, registers.of(host, SHARD), process, serverNames, rule);
        Shard<S, I, O> shard = new Shard<>(host.loop(), wire, log, workload.model(), workload.isRead(), ops, rule);
        wire.receive((from, message) -> {
            switch (message) {
                case Message.Store<O>(Chunk chunk) -> chunks.store(from, chunk);
                case Message.Fetch<O>(String chunk) -> chunks.fetch(from, chunk);
                case Message.Stored<O>(String chunk) -> log.stored(from, chunk);
                case Message.Fetched<O>(String id, Optional<Chunk> chunk) -> chunk.ifPresent(log::fetched);
                case Message.Request<O>(int op, int attempt) -> shard.request(from, op, attempt);
                case Message.Answer<O> answer -> throw new IllegalStateException("a server got " + answer);
                case Message.Refused<O> refused -> throw new IllegalStateException("a server got " + refused);
            }
        });
        lead(host, log, shard);
    }

    /** Follows the view, which is a hint and nothing more. */
    private void lead(SimHost host, PointerLog<O> log, Shard<S, I, O> shard) {
        if (log.isIdle() && host.name().equals(beliefs.get(host.name()))) {
            shard.takeOver();
        }
        host.loop().after(Duration.ofMillis(100), () -> lead(host, log, shard));
    }

    private void use(int number, SimHost host) {
        Network<Message<O>> wire = network.of(host);
        SplittableRandom random = simulation.random().split();
        Client<I, O> client = new Client<>(number, host.loop(), wire, serverNames, ops, history, random);
        clients.add(client);
        wire.receive((from, message) -> client.message(message));
        client.ask(IntStream.range(0, OPERATIONS)
                .mapToObj(i -> workload.next().apply(random, "c" + number + "-" + i))
                .toList());
    }

    /** Follows the log from the pointer: each chunk must be on a disk, unharmed. */
    private Optional<String> lostChunk() {
        String at = registers.past(SHARD).getLast().head();
        while (!at.isEmpty()) {
            String id = at;
            Optional<Chunk> chunk = servers.stream()
                    .flatMap(server -> read(server, id).stream())
                    .findFirst();
            if (chunk.isEmpty()) {
                return Optional.of("chunk " + id + " of the log is on no disk");
            }
            at = chunk.get().before();
        }
        return Optional.empty();
    }

    private static Optional<Chunk> read(SimHost server, String id) {
        try {
            String file = ChunkServer.fileOf(id);
            return server.disk().exists(file) ? Chunk.decoded(server.disk().read(file), true) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Result judge(boolean isDone) {
        List<Operation<I, O>> operations = history.operations();
        Optional<String> lost = lostChunk();
        Optional<String> wrong = lost.isPresent() ? lost : contradiction(operations);
        Optional<String> stuck = isDone ? Optional.empty() : Optional.of("no progress after all was mended");
        return new Result(
                wrong.or(() -> stuck)
                        .map(what -> workload.name() + ", rule " + rule + ": " + what + "\n" + simulation.story()),
                wrong.isPresent() && !wrong.get().startsWith(GAVE_UP),
                simulation.traceHash(),
                operations.size(),
                operations.stream().filter(operation -> operation.isUnknown()).count(),
                history.failed());
    }

    private Optional<String> contradiction(List<Operation<I, O>> operations) {
        // A broken rule has many seeds to be found by; the right one has to be judged for each.
        Limits limits = rule == Rule.GOOD ? new Limits(5_000_000, 256L << 20) : new Limits(100_000, 64L << 20);
        return switch (new Checker<>(workload.model(), limits).check(operations)) {
            case Verdict.Linearizable<I, O> fine -> Optional.empty();
            case Verdict.Unknown<I, O> unknown -> Optional.of(GAVE_UP + unknown);
            case Verdict.Violation<I, O> violation -> Optional.of(violation.toString());
        };
    }
}
