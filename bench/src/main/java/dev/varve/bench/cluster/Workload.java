package dev.varve.bench.cluster;

import java.io.IOException;
import java.util.List;
import java.util.Random;

/** What clients do while things break, and what must be true of what they saw. */
interface Workload {
    /** How many clients there are, each a thread. */
    int clients();

    /** How long a client waits between two steps, about. */
    long pauseMillis();

    /** Makes what the clients need; nothing is broken yet. */
    void prepare(Door door) throws IOException, InterruptedException;

    /** Something that one client does; it never throws for what a node does or says. */
    void step(int client, Random random, Door door) throws InterruptedException;

    /** Reads all back, at each node, after everything has been mended. */
    void readBack(Door door) throws IOException, InterruptedException;

    /** What was wrong; nothing if all was right. Called last. */
    List<String> violations();
}
