package dev.varve.testkit.sim;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Does harm to a cluster for a while, and mends it again. Which faults come at all, and how often, differs from seed to
 * seed: some only show where others are rare.
 *
 * @param <M> the messages of its network
 * @param <V> the values of its registers
 */
public final class Nemesis<M, V> {
    /** What can go wrong; what lasts ends after a while. */
    public enum Fault {
        CRASH,
        /** Power is lost between two steps of the disk. */
        POWER_CUT,
        PAUSE,
        /** Between what the host asked of the register and the answer. */
        PAUSE_IN_FLIGHT,
        CRASH_IN_FLIGHT,
        /** Nobody reaches the host, it reaches nobody. */
        ISOLATE,
        ONE_WAY,
        CUT_PAIR,
        /** Two halves, of which perhaps only one reaches the register. */
        PARTITION,
        REGISTER_CUT,
        SESSION_EXPIRES,
        DISK_FULL,
        DISK_SLOW,
        FSYNC_FAILS,
        /** On one host only: copies elsewhere are then right. */
        BIT_FLIP,
        CLOCK_JUMP
    }

    private static final int SLOW = 300;
    private static final int JUMPS = 20;

    private final Simulation simulation;
    private final List<SimHost> hosts;
    private final List<String> names;
    private final SimNetwork<M> network;
    private final SimRegisters<V> registers;
    private final List<Fault> faults;
    private final Duration pace;
    /** Whether what lasts ends after seconds rather than sooner. */
    private final boolean isLong;

    private final SimHost rotting;
    private boolean isOver;

    /**
     * @param hosts that may be harmed
     * @param bystanders that are cut off from those by partitions too
     */
    public Nemesis(
            Simulation simulation,
            List<SimHost> hosts,
            List<SimHost> bystanders,
            SimNetwork<M> network,
            SimRegisters<V> registers) {
        this.simulation = simulation;
        this.hosts = List.copyOf(hosts);
        this.network = network;
        this.registers = registers;
        List<String> all = new ArrayList<>();
        hosts.forEach(host -> all.add(host.name()));
        bystanders.forEach(host -> all.add(host.name()));
        names = List.copyOf(all);
        Set<Fault> chosen = EnumSet.noneOf(Fault.class);
        // Some harm only follows from a few faults that come often.
        boolean areFew = simulation.chance(0.3);
        for (Fault fault : Fault.values()) {
            if (simulation.chance(areFew ? 0.15 : 0.4)) {
                chosen.add(fault);
            }
        }
        faults = List.copyOf(chosen);
        pace = Duration.ofMillis(
                areFew
                        ? simulation.random().nextInt(50, 500)
                        : simulation.random().nextInt(200, 3000));
        isLong = simulation.chance(0.3);
        rotting = hosts.get(simulation.random().nextInt(hosts.size()));
        network.setOdds(simulation.chance(0.4) ? foulNetwork() : fairNetwork());
        registers.setOdds(simulation.chance(0.4) ? foulRegisters() : fairRegisters());
    }

    private SimNetwork.Odds fairNetwork() {
        return new SimNetwork.Odds(
                somewhat(0.1),
                somewhat(0.1),
                somewhat(0.1),
                Duration.ofMillis(2),
                Duration.ofMillis(simulation.random().nextInt(5, 500)));
    }

    /** Much comes again, and much comes after whoever sent it has given up. */
    private SimNetwork.Odds foulNetwork() {
        return new SimNetwork.Odds(
                somewhat(0.4),
                simulation.random().nextDouble() * 0.6,
                simulation.random().nextDouble() * 0.4,
                Duration.ofMillis(2),
                Duration.ofMillis(simulation.random().nextInt(200, 5000)));
    }

    private SimRegisters.Odds fairRegisters() {
        return registers(somewhat(0.1), somewhat(0.2), somewhat(0.2));
    }

    /** Of much nobody hears that it is done. */
    private SimRegisters.Odds foulRegisters() {
        return registers(somewhat(0.2), simulation.random().nextDouble() * 0.6, somewhat(0.5));
    }

    private SimRegisters.Odds registers(double lostRequest, double lostReply, double late) {
        return new SimRegisters.Odds(
                lostRequest,
                lostReply,
                late,
                Duration.ofMillis(3),
                Duration.ofMillis(simulation.random().nextInt(5, 1500)),
                Duration.ofMillis(simulation.random().nextInt(200, 2500)),
                Duration.ofSeconds(2));
    }

    /** The one host whose disk turns bits. */
    public String rotting() {
        return rotting.name();
    }

    /** Nothing in half of the seeds. */
    private double somewhat(double most) {
        return simulation.chance(0.5) ? 0 : simulation.random().nextDouble() * most;
    }

    /** Harms from now on, until {@link #stop}. */
    public void start() {
        if (!faults.isEmpty()) {
            simulation.after(simulation.upTo(pace.multipliedBy(4)), this::strike);
        }
    }

    /** Mends everything, and starts what does not run. */
    public void stop() {
        isOver = true;
        simulation.trace("nemesis", "mends everything");
        network.mendAll();
        network.setOdds(SimNetwork.Odds.GOOD);
        registers.mendAll();
        registers.setOdds(SimRegisters.Odds.GOOD);
        for (SimHost host : hosts) {
            mendDisk(host);
            if (host.isUp() && host.disk().losesPower()) {
                // Its crash would come too late to be mended.
                host.crash();
            }
            if (!host.isUp()) {
                host.start();
            } else if (host.isPaused()) {
                host.resume();
            }
        }
    }

    private void strike() {
        if (isOver) {
            return;
        }
        Fault fault = faults.get(simulation.random().nextInt(faults.size()));
        SimHost host = hosts.get(simulation.random().nextInt(hosts.size()));
        String other = names.get(simulation.random().nextInt(names.size()));
        simulation.trace("nemesis", fault + " " + host.name() + " " + other);
        Duration time = isLong
                ? Duration.ofMillis(simulation.random().nextInt(500, 6000))
                : simulation.upTo(Duration.ofSeconds(6));
        strike(fault, host, other, time);
        simulation.after(simulation.upTo(pace.multipliedBy(4)), this::strike);
    }

    private void strike(Fault fault, SimHost host, String other, Duration time) {
        switch (fault) {
            case CRASH -> crash(host, time);
            case POWER_CUT -> {
                host.disk().cutPowerAfter(simulation.random().nextInt(6));
                simulation.after(Duration.ofMillis(5), () -> crash(host, time));
            }
            case PAUSE -> pause(host, time);
            case PAUSE_IN_FLIGHT -> {
                Duration absence = Duration.ofMillis(simulation.random().nextInt(1000, 5000));
                registers.atNext(host.name(), () -> pause(host, absence));
            }
            case CRASH_IN_FLIGHT -> registers.atNext(host.name(), () -> crash(host, time));
            case ISOLATE -> {
                for (String name : names) {
                    cut(host.name(), name, time);
                    cut(name, host.name(), time);
                }
            }
            case ONE_WAY -> {
                simulation.happens(Happening.ONE_WAY_PARTITION);
                boolean isDeaf = simulation.random().nextBoolean();
                for (String name : names) {
                    cut(isDeaf ? name : host.name(), isDeaf ? host.name() : name, time);
                }
            }
            case CUT_PAIR -> {
                cut(host.name(), other, time);
                cut(other, host.name(), time);
            }
            case PARTITION -> divide(time);
            case REGISTER_CUT -> cutRegister(host, time);
            case SESSION_EXPIRES -> registers.expire(host.name());
            case DISK_FULL -> {
                host.disk().setFreeBytes(simulation.random().nextInt(300));
                simulation.after(time, () -> mendDisk(host));
            }
            case DISK_SLOW -> {
                host.disk().setSlowness(SLOW);
                simulation.after(time, () -> mendDisk(host));
            }
            case FSYNC_FAILS -> {
                host.disk().failForces(true);
                simulation.after(time, () -> mendDisk(host));
            }
            case BIT_FLIP -> {
                if (rotting.disk().flipBit()) {
                    simulation.happens(Happening.FLIPPED_BIT);
                }
            }
            case CLOCK_JUMP -> {
                // Of one host, or of all that ask the same time server.
                if (simulation.random().nextBoolean()) {
                    jump(host, JUMPS);
                } else {
                    hosts.forEach(any -> jump(any, JUMPS));
                }
            }
        }
    }

    private void divide(Duration time) {
        List<String> here =
                names.stream().filter(name -> simulation.random().nextBoolean()).toList();
        simulation.happens(Happening.PARTITION);
        for (String one : here) {
            for (String other : names) {
                if (!here.contains(other)) {
                    cut(one, other, time);
                    cut(other, one, time);
                }
            }
        }
        if (simulation.random().nextBoolean()) {
            hosts.stream().filter(host -> here.contains(host.name())).forEach(host -> cutRegister(host, time));
        }
    }

    private void cutRegister(SimHost host, Duration time) {
        registers.cut(host.name());
        simulation.after(time, () -> registers.mend(host.name()));
    }

    private void cut(String from, String to, Duration time) {
        if (!from.equals(to)) {
            network.cut(from, to);
            simulation.after(time, () -> network.mend(from, to));
        }
    }

    /** To and fro. */
    private void jump(SimHost host, int times) {
        if (!isOver && times > 0) {
            host.jump(Duration.ofSeconds(simulation.random().nextLong(-3600, 3600)));
            simulation.after(Duration.ofMillis(simulation.random().nextInt(400)), () -> jump(host, times - 1));
        }
    }

    private void pause(SimHost host, Duration time) {
        if (isOver || !host.isUp() || host.isPaused()) {
            return;
        }
        host.pause();
        int life = host.lives();
        simulation.after(time, () -> {
            if (host.lives() == life && host.isUp() && host.isPaused()) {
                host.resume();
            }
        });
    }

    private void crash(SimHost host, Duration time) {
        if (isOver || !host.isUp()) {
            return;
        }
        host.crash();
        simulation.after(time, () -> {
            if (!host.isUp()) {
                host.start();
            }
        });
    }

    private static void mendDisk(SimHost host) {
        host.disk().setFreeBytes(Long.MAX_VALUE);
        host.disk().setSlowness(1);
        host.disk().failForces(false);
    }
}
