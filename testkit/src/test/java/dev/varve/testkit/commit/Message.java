package dev.varve.testkit.commit;

import java.util.Optional;

/** What the actors send each other. */
sealed interface Message<O> {
    record Store<O>(Chunk chunk) implements Message<O> {}

    record Stored<O>(String chunk) implements Message<O> {}

    record Fetch<O>(String chunk) implements Message<O> {}

    record Fetched<O>(String id, Optional<Chunk> chunk) implements Message<O> {}

    /** A client asks for an operation, perhaps again. */
    record Request<O>(int op, int attempt) implements Message<O> {}

    record Answer<O>(int op, O output) implements Message<O> {}

    /** This attempt has done nothing and never will. */
    record Refused<O>(int op, int attempt) implements Message<O> {}

    /** Whether a network may double it: requests and answers go over connections that do not. */
    default boolean mayComeTwice() {
        return switch (this) {
            case Store<O> store -> true;
            case Stored<O> stored -> true;
            case Fetch<O> fetch -> true;
            case Fetched<O> fetched -> true;
            case Request<O> request -> false;
            case Answer<O> answer -> false;
            case Refused<O> refused -> false;
        };
    }
}
