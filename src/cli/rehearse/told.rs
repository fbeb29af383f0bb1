//! Ctrl-C and SIGTERM: a rehearsal in the terminal ends by them as it would by itself, and leaves nothing behind.

use std::sync::mpsc;
use std::thread;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancelled once somebody ends the program. Where signals cannot be heard it never is.
pub(super) fn to_stop() -> CancellationToken {
    let stop = CancellationToken::new();
    let (listens, heard) = mpsc::channel();
    let told = stop.clone();
    // On a thread of its own: signals come by a driver that the rehearsal's own runtime does without.
    thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
        runtime.block_on(async {
            let Ok((mut interrupt, mut end)) = both() else { return };
            // Whoever waits for it may have ended.
            let _ = listens.send(());
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = end.recv() => {}
            }
            told.cancel();
        });
    });
    // An error says that the thread has ended, and then nothing is heard.
    let _ = heard.recv();
    stop
}

fn both() -> std::io::Result<(Signal, Signal)> {
    Ok((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
}
