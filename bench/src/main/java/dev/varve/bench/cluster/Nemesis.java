package dev.varve.bench.cluster;

import java.io.IOException;
import java.util.Random;

/** Something that goes wrong, and its mending. One for each run. */
interface Nemesis {
    /** Why it cannot happen to this cluster; empty if it can. */
    String impossible(Cluster cluster);

    /** Before clients begin; nothing is broken yet. */
    default void prepare(Cluster cluster, Random random) throws IOException, InterruptedException {}

    /** Breaks something; says what, for the report. */
    String strike(Cluster cluster, Random random) throws IOException, InterruptedException;

    /** Mends it; also what was only half broken. */
    void heal(Cluster cluster) throws IOException, InterruptedException;
}
