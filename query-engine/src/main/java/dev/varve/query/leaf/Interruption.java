package dev.varve.query.leaf;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;
import org.duckdb.DuckDBConnection;

/**
 * Stops what a connection is doing, from another thread.
 *
 * <p>The driver's {@code Statement.cancel()} does nothing while Arrow batches are fetched, only while the statement is
 * being executed, so its connection is interrupted as it does itself, by methods it does not publish.
 */
final class Interruption {
    private static final MethodHandle INTERRUPT;
    private static final MethodHandle LOCK;

    static {
        try {
            Method interrupt = DuckDBConnection.class.getDeclaredMethod("interrupt");
            interrupt.setAccessible(true);
            Field lock = DuckDBConnection.class.getDeclaredField("connRefLock");
            lock.setAccessible(true);
            INTERRUPT = MethodHandles.lookup().unreflect(interrupt);
            LOCK = MethodHandles.lookup().unreflectGetter(lock);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private Interruption() {}

    /**
     * Without effect when nothing runs, or while a statement is being prepared; what starts afterwards is not interrupted.
     * Never waits.
     */
    static void interrupt(DuckDBConnection connection) {
        try {
            ReentrantLock lock = (ReentrantLock) LOCK.invokeExact(connection);
            if (!lock.tryLock()) {
                return;
            }
            try {
                if (!connection.isClosed()) {
                    INTERRUPT.invokeExact(connection);
                }
            } finally {
                lock.unlock();
            }
        } catch (SQLException e) {
            // The connection was closed meanwhile: nothing runs.
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
