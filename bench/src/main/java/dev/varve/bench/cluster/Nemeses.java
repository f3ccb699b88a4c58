package dev.varve.bench.cluster;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Supplier;

/** All that goes wrong, by name. */
@SuppressWarnings("ImmutableEnumChecker") // a supplier of new ones keeps nothing
enum Nemeses {
    NOTHING(() -> new Nothing()),
    KILL(() -> new Kill(false)),
    KILL_LEADER(() -> new Kill(true)),
    PAUSE(() -> new Pause(Duration.ofSeconds(2), false)),
    SESSION_EXPIRY(() -> new Pause(Duration.ofMinutes(1), true)),
    ISOLATE(() -> new Isolate(false)),
    ISOLATE_LEADER(() -> new Isolate(true)),
    ONE_WAY(() -> new OneWay()),
    ZOOKEEPER_CUT(() -> new ZookeeperCut()),
    ZOOKEEPER_KILL(() -> new ZookeeperKill()),
    CLOCK_JUMP(() -> new ClockJump()),
    DISK_FULL(() -> new DiskFull()),
    WIPED_DISK(() -> new WipedDisk()),
    FOREIGN_DISK(() -> new ForeignDisk()),
    FLIPPED_BYTES(() -> new FlippedBytes()),
    ADD_AND_DRAIN(() -> new AddAndDrain()),
    KILL_FOR_GOOD(() -> new KillForGood()),
    PARTITION_AND_ADD(() -> new Both(new Isolate(false), new AddAndDrain())),
    KILL_AND_ZOOKEEPER_KILL(() -> new Both(new Kill(true), new ZookeeperKill())),
    PAUSE_AND_ZOOKEEPER_CUT(() -> new Both(new Pause(Duration.ofMinutes(1), true), new ZookeeperCut())),
    KILL_AND_FLIPPED_BYTES(() -> new Both(new Kill(false), new FlippedBytes())),
    ONE_WAY_AND_DISK_FULL(() -> new Both(new OneWay(), new DiskFull()));

    private final Supplier<Nemesis> maker;

    Nemeses(Supplier<Nemesis> maker) {
        this.maker = maker;
    }

    String shown() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    Nemesis make() {
        return maker.get();
    }

    private static Cluster.Member anyOf(Cluster cluster, Random random) {
        List<Cluster.Member> members = cluster.members();
        return members.get(random.nextInt(members.size()));
    }

    private static Cluster.Member leaderOf(Cluster cluster, Random random) {
        return cluster.leader().orElseGet(() -> anyOf(cluster, random));
    }

    /** A calm run, with which the others are compared. */
    private record Nothing() implements Nemesis {
        @Override
        public String impossible(Cluster cluster) {
            return "";
        }

        @Override
        public String strike(Cluster cluster, Random random) {
            return "";
        }

        @Override
        public void heal(Cluster cluster) {}
    }

    /** Kill -9 of one, started again when healed. */
    private static final class Kill implements Nemesis {
        private final boolean isLeader;
        private final List<Cluster.Member> killed = new ArrayList<>();

        Kill(boolean isLeader) {
            this.isLeader = isLeader;
        }

        @Override
        public String impossible(Cluster cluster) {
            return "";
        }

        @Override
        public String strike(Cluster cluster, Random random) throws IOException {
            Cluster.Member victim = isLeader ? leaderOf(cluster, random) : anyOf(cluster, random);
            killed.add(victim);
            cluster.kill(victim);
            return "kill -9 " + victim.name();
        }

        @Override
        public void heal(Cluster cluster) throws IOException {
            for (Cluster.Member victim : killed) {
                cluster.start(victim);
            }
            killed.clear();
        }
    }

    /** SIGSTOP of one; shorter than its session, or until healed. */
    private static final class Pause implements Nemesis {
        private final Duration atMost;
        private final boolean untilHealed;
        private final List<Cluster.Member> paused = new ArrayList<>();

        Pause(Duration atMost, boolean untilHealed) {
            this.atMost = atMost;
            this.untilHealed = untilHealed;
        }

        @Override
        public String impossible(Cluster cluster) {
            return "";
        }

        @Override
        public String strike(Cluster cluster, Random random) throws IOException, InterruptedException {
            Cluster.Member victim = random.nextBoolean() ? leaderOf(cluster, random) : anyOf(cluster, random);
            paused.add(victim);
            cluster.pause(victim);
            if (untilHealed) {
                return "SIGSTOP " + victim.name() + " until its session is gone";
            }
            // Several short ones, so that leases run out in some and not in others.
            for (int i = 0; i < 2; i++) {
                long millis = 300L + random.nextInt((int) atMost.toMillis());
                Thread.sleep(millis);
                cluster.resume(victim);
                Thread.sleep(500);
                cluster.pause(victim);
            }
            return "SIGSTOP " + victim.name() + ", three times";
        }

        @Override
        public void heal(Cluster cluster) throws IOException {
            for (Cluster.Member victim : paused) {
                cluster.resume(victim);
            }
            paused.clear();
        }
    }

    private static String needsNetwork(Cluster cluster) {
        return cluster.network().isPresent() ? "" : "it needs network namespaces, which need root";
    }

    private static Network network(Cluster cluster) throws IOException {
        return cluster.network().orElseThrow(() -> new IOException("there is no network to be cut"));
    }

    /** One is cut off from all others and ZooKeeper, but not from clients. */
    private record Isolate(boolean isLeader) implements Nemesis {
        @Override
        public String impossible(Cluster cluster) {
            return needsNetwork(cluster);
        }

        @Override
        public String strike(Cluster cluster, Random random) throws IOException {
            Cluster.Member victim = isLeader ? leaderOf(cluster, random) : anyOf(cluster, random);
            if (random.nextBoolean()) {
                network(cluster).isolate(victim.name(), Network.CLIENTS);
                return victim.name() + " cut off from nodes and ZooKeeper";
            }
            network(cluster).isolate(victim.name());
            return victim.name() + " cut off from everybody";
        }

        @Override
        public void heal(Cluster cluster) throws IOException {
            network(cluster).heal();
        }
    }

    /** What one sends to the others, or they to it, is lost. */
    private record OneWay() implements Nemesis {
        @Override
        public String impossible(Cluster cluster) {
            return needsNetwork(cluster);
        }

        @Override
        public String strike(Cluster cluster, Random random) throws IOException {
            Cluster.Member victim = random.nextBoolean() ? leaderOf(cluster, random) : anyOf(cluster, random);
            boolean isDeaf = random.nextBoolean();
            for (Cluster.Member other : cluster.members()) {
                if (!other.equals(victim)) {
                    network(cluster).drop(isDeaf ? other.name() : victim.name(), isDeaf ? victim.name() : other.name());
                }
            }
            return victim.name() + (isDeaf ? " hears no other node" : " is heard by no other node");
        }

        @Override
        public void heal(Cluster cluster) throws IOException {
            network(cluster).heal();
        }
    }

    /** One node does not reach ZooKeeper, but everybody else. */
    private record ZookeeperCut() implements Nemesis {
        @Override
        public String impossible(Cluster cluster) {
            return needsNetwork(cluster);
        }

        @Override
        public String strike(Cluster cluster, Random random) throws IOException {
            Cluster.Member victim = random.nextBoolean() ? leaderOf(cluster, random) : anyOf(cluster, random);
            network(cluster).cut(victim.name(), Network.ZOOKEEPER);
            return victim.name() + " does not reach ZooKeeper";
        }

        @Override
        public void heal(Cluster cluster) throws IOException {
            network(cluster).heal();
        }
    }

    /** ZooKeeper is killed and comes back. */
    private record ZookeeperKill() implements Nemesis {
        @Override
        public String impossible(Cluster cluster) {
            return "";
        }

        @Override
        public String strike(Cluster cluster, Random random) throws IOException, InterruptedException {
            cluster.killZookeeper();
            if (random.nextBoolean()) {
                Thread.sleep(500);
                cluster.startZookeeper();
                return "ZooKeeper killed and started again at once";
            }
            return "ZooKeeper killed until healed";
        }

        @Override
        public void heal(Cluster cluster) throws IOException {
            cluster.startZookeeper();
        }
    }

    /** The wall clock of one jumps to and fro. */
    private static final class ClockJump implements Nemesis {
        private final List<Cluster.Member> jumped = new ArrayList<>();

        @Override
        public String impossible(Cluster cluster) {
            return cluster.clocks().isPresent() ? "" : "it needs a C compiler";
        }

        @Override
        public String strike(Cluster cluster, Random random) throws IOException, InterruptedException {
            Cluster.Member victim = random.nextBoolean() ? leaderOf(cluster, random) : anyOf(cluster, random);
            jumped.add(victim);
            Duration jump = Duration.ofMinutes(random.nextInt(120) - 60);
            Clocks clocks = cluster.clocks().orElseThrow(() -> new IOException("clocks cannot be moved"));
            for (int i = 0; i < 3; i++) {
                clocks.set(victim, i % 2 == 0 ? jump : Duration.ZERO);
                Thread.sleep(700);
            }
            return "the clock of " + victim.name() + " jumps by " + jump.toMinutes() + " minutes, thrice";
        }

        @Override
        public void heal(Cluster cluster) throws IOException {
            Clocks clocks = cluster.clocks().orElseThrow(() -> new IOException("clocks cannot be moved"));
            for (Cluster.Member victim : jumped) {
                clocks.set(victim, Duration.ZERO);
            }
        }
    }

    /** No byte is free on one's disk. */
    private static final class DiskFull implements Nemesis {
        private final List<Cluster.Member> full = new ArrayList<>();

        @Override
        public String impossible(Cluster cluster) {
            return cluster.disks().isPresent() ? "" : "it needs disks of their own, which need root";
        }

        @Override
        public String strike(Cluster cluster, Random random) throws IOException {
            Cluster.Member victim = random.nextBoolean() ? leaderOf(cluster, random) : anyOf(cluster, random);
            full.add(victim);
            disks(cluster).fill(victim);
            return "the disk of " + victim.name() + " is full";
        }

        private static Disks disks(Cluster cluster) throws IOException {
            return cluster.disks().orElseThrow(() -> new IOException("there are no disks to be filled"));
        }

        @Override
        public void heal(Cluster cluster) throws IOException {
            for (Cluster.Member victim : full) {
                disks(cluster).free(victim);
            }
            full.clear();
        }
    }

    /** One is killed and comes back with an empty disk. */
    private static final class WipedDisk implements Nemesis {
        private final List<Cluster.Member> wiped = new ArrayList<>();

        @Override
        public String impossible(Cluster cluster) {
            return "";
        }

        @Override
        public String strike(Cluster cluster, Random random) throws IOException {
            Cluster.Member victim = anyOf(cluster, random);
            wiped.add(victim);
            cluster.kill(victim);
            cluster.wipe(victim);
            return "kill -9 " + victim.name() + ", and its disk is emptied";
        }

        @Override
        public void heal(Cluster cluster) throws IOException {
            for (Cluster.Member victim : wiped) {
                cluster.start(victim);
            }
            wiped.clear();
        }
    }

    /** One is killed and started with the disk of another one, which it must refuse; it comes back with an empty one. */
    private static final class ForeignDisk implements Nemesis {
        private static final Duration REFUSAL = Duration.ofSeconds(60);

        private final List<Cluster.Member> victims = new ArrayList<>();

        @Override
        public String impossible(Cluster cluster) {
            return cluster.members().size() > 1 ? "" : "it needs several nodes";
        }

        @Override
        public String strike(Cluster cluster, Random random) throws IOException, InterruptedException {
            List<Cluster.Member> two = new ArrayList<>(cluster.members());
            Collections.shuffle(two, random);
            Cluster.Member victim = two.get(0);
            victims.add(victim);
            cluster.kill(victim);
            cluster.exchangeDisk(victim, two.get(1));
            cluster.start(victim);
            long deadline = System.nanoTime() + REFUSAL.toNanos();
            while (cluster.isRunning(victim)) {
                if (cluster.isReady(victim) || System.nanoTime() > deadline) {
                    throw new IOException(victim.name() + " runs with the disk of "
                            + two.get(1).name());
                }
                Thread.sleep(100);
            }
            return "kill -9 " + victim.name() + ", which refuses the disk of "
                    + two.get(1).name();
        }

        @Override
        public void heal(Cluster cluster) throws IOException {
            for (Cluster.Member victim : victims) {
                cluster.kill(victim);
                cluster.wipe(victim);
                cluster.start(victim);
            }
            victims.clear();
        }
    }

    /** A node joins, copies its share, and another one leaves for good. */
    private static final class AddAndDrain implements Nemesis {
        private static final Duration AT_MOST = Duration.ofMinutes(2);

        private boolean isAdded;

        @Override
        public String impossible(Cluster cluster) {
            return "";
        }

        @Override
        public String strike(Cluster cluster, Random random) throws IOException {
            isAdded = true;
            return cluster.add().name() + " joins; the first node is drained when healed";
        }

        @Override
        public void heal(Cluster cluster) throws IOException {
            if (isAdded) {
                isAdded = false;
                cluster.drain(cluster.members().get(0), AT_MOST);
            }
        }
    }

    /** The one that leads most is killed and never comes back; another one takes its place. */
    private static final class KillForGood implements Nemesis {
        private static final Duration AT_MOST = Duration.ofMinutes(1);

        private final List<Cluster.Member> killed = new ArrayList<>();

        @Override
        public String impossible(Cluster cluster) {
            return cluster.members().size() > 1 ? "" : "it needs several nodes";
        }

        @Override
        public String strike(Cluster cluster, Random random) throws IOException {
            Cluster.Member victim = leaderOf(cluster, random);
            killed.add(victim);
            cluster.kill(victim);
            return "kill -9 " + victim.name() + " for good; a new node takes its place when healed";
        }

        @Override
        public void heal(Cluster cluster) throws IOException {
            for (Cluster.Member victim : killed) {
                cluster.add();
                cluster.giveUp(victim, AT_MOST);
            }
            killed.clear();
        }
    }

    /** Two at the same time. */
    private record Both(Nemesis one, Nemesis other) implements Nemesis {
        @Override
        public String impossible(Cluster cluster) {
            String first = one.impossible(cluster);
            return first.isEmpty() ? other.impossible(cluster) : first;
        }

        @Override
        public String strike(Cluster cluster, Random random) throws IOException, InterruptedException {
            return one.strike(cluster, random) + "; " + other.strike(cluster, random);
        }

        @Override
        public void heal(Cluster cluster) throws IOException, InterruptedException {
            one.heal(cluster);
            other.heal(cluster);
        }
    }
}
