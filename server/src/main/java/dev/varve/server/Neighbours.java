package dev.varve.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.query.Fragments;
import dev.varve.query.QueryEngine;
import dev.varve.server.http.ClusterEndpoint;
import dev.varve.server.watch.Watchtower;
import java.util.Optional;
import java.util.function.Supplier;

/** The other nodes of a node's lake. */
interface Neighbours {
    /** There are none. */
    Neighbours NONE = new Neighbours() {
        @Override
        public Fragments fragments() {
            return Fragments.NONE;
        }

        @Override
        public void computeWith(QueryEngine engine) {}

        @Override
        public void listens(int httpPort, int flightPort, int s3Port) {}

        @Override
        public Optional<ClusterEndpoint.Parts> cluster() {
            return Optional.empty();
        }

        @Override
        public Optional<Watchtower.Sight> sight() {
            return Optional.empty();
        }

        @Override
        public Optional<Supplier<ObjectNode>> moves() {
            return Optional.empty();
        }
    };

    /** What they compute of this node's queries. */
    Fragments fragments();

    /** Lets this engine compute parts of their queries. */
    void computeWith(QueryEngine engine);

    /** Tells them where this node serves clients. */
    void listens(int httpPort, int flightPort, int s3Port);

    /** What clients are told of them; empty if there is no cluster. */
    Optional<ClusterEndpoint.Parts> cluster();

    /** How this node sees them; empty if there is no cluster. */
    Optional<Watchtower.Sight> sight();

    /** What clients are told of replicas that move; empty if there is no cluster. */
    Optional<Supplier<ObjectNode>> moves();
}
