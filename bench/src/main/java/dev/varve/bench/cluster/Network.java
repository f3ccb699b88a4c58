package dev.varve.bench.cluster;

import java.io.IOException;
import java.util.List;

/** What can be cut between places that each have a name: nodes, ZooKeeper and the clients. */
interface Network {
    String ZOOKEEPER = "zk";
    String CLIENTS = "clients";

    /** What one place sends to another is lost from now on; the other direction works. */
    void drop(String from, String to) throws IOException;

    /** All places that nodes may talk to. */
    List<String> places();

    /** Everything reaches everybody again. */
    void heal() throws IOException;

    /** Nothing passes between the two, either way. */
    default void cut(String one, String other) throws IOException {
        drop(one, other);
        drop(other, one);
    }

    /** Nothing passes between this place and any other, but perhaps one. */
    default void isolate(String place, String... but) throws IOException {
        for (String other : places()) {
            if (!other.equals(place) && !List.of(but).contains(other)) {
                cut(place, other);
            }
        }
    }
}
