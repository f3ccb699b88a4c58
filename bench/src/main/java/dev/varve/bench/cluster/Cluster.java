package dev.varve.bench.cluster;

import dev.varve.bench.s3.S3Key;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Nodes in processes of their own, and what can be done to them from outside. One thread. */
interface Cluster extends AutoCloseable {
    /**
     * One node.
     *
     * @param number from 1, never used again
     * @param data its folder
     */
    record Member(int number, String host, int httpPort, int s3Port, Path data) {
        String name() {
            return "node-" + number;
        }

        String address() {
            return host + ":" + httpPort;
        }
    }

    /** Those that shall serve, in order. */
    List<Member> members();

    /** With which S3 is asked; all nodes know it. */
    S3Key key();

    /** SIGKILL. */
    void kill(Member member) throws IOException;

    /** Starts a killed or stopped one again and waits for nothing. */
    void start(Member member) throws IOException;

    /** SIGTERM, waited for. */
    void stop(Member member) throws IOException;

    /** SIGSTOP. */
    void pause(Member member) throws IOException;

    /** SIGCONT. */
    void resume(Member member) throws IOException;

    /** Leaves nothing on the disk of one that is killed. */
    void wipe(Member member) throws IOException;

    /** Puts what lies on another one's disk, as it is now, on the disk of one that is killed. */
    void exchangeDisk(Member member, Member other) throws IOException;

    /** Whether its process runs. */
    boolean isRunning(Member member);

    void killZookeeper() throws IOException;

    void startZookeeper() throws IOException;

    /** One more node; returns when it serves. */
    Member add() throws IOException;

    /** Takes one out for good; returns when all it had is elsewhere and it is stopped. */
    void drain(Member member, Duration atMost) throws IOException;

    /** Gives a killed one up: what it held is copied from others; returns when that is decided. */
    void giveUp(Member member, Duration atMost) throws IOException;

    /** Who leads the most shards, if somebody can say. */
    Optional<Member> leader();

    boolean isReady(Member member);

    /** What still is to be moved or copied, as a text for people; empty when all is at rest and whole. */
    Optional<String> unrest();

    /** The network between them; empty where there is none to be cut. */
    Optional<Network> network();

    /** Fills or frees disks; empty where nodes have no disk of their own. */
    Optional<Disks> disks();

    /** The clocks nodes see; empty where they cannot be moved. */
    Optional<Clocks> clocks();

    /** Where logs lie. */
    Path folder();

    @Override
    void close() throws IOException;
}
