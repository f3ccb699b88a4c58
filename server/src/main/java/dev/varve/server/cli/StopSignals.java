package dev.varve.server.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;

/**
 * Runs something on SIGTERM and SIGINT while the JVM is still whole.
 *
 * <p>A shutdown hook comes too late for a node: libraries stop their thread pools in hooks of their own, all at the same
 * time, and what is in memory could no longer be written. The JVM's signal API is not in its standard modules, hence the
 * reflection; where it is missing, a hook it is.
 */
final class StopSignals {
    private static final List<String> SIGNALS = List.of("TERM", "INT");

    private StopSignals() {}

    /** The action is called on a thread of its own, once a signal; the process goes on until it ends itself. */
    @SuppressWarnings("ReferenceEquality") // a proxy is equal to itself only
    static void handle(Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object proxy = Proxy.newProxyInstance(
                    handler.getClassLoader(),
                    new Class<?>[] {handler},
                    (self, method, arguments) -> switch (method.getName()) {
                        case "handle" -> {
                            action.run();
                            yield null;
                        }
                        case "hashCode" -> System.identityHashCode(self);
                        case "equals" -> arguments[0] == self;
                        default -> "varve's signal handler";
                    });
            for (String name : SIGNALS) {
                signal.getMethod("handle", signal, handler)
                        .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
            }
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            if (e instanceof InvocationTargetException refused && refused.getCause() instanceof Error error) {
                throw error;
            }
            Runtime.getRuntime().addShutdownHook(new Thread(action, "varve-stop"));
        }
    }
}
