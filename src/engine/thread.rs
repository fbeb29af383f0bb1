//! The writer's thread: takes jobs from a bounded queue and commits what is waiting in one transaction.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::clock::Clock;
use super::error::RecordError;
use super::measured::{Bounded, Measures};
use super::recorder::{Finish, Job, Recorder};
use super::work::Work;

/// Jobs that may wait; beyond it callers are told to come again.
pub const QUEUE_MAX: usize = 4_096;
/// Jobs that share one transaction.
const GROUP_MAX: usize = 256;

#[derive(Clone)]
pub(super) struct Queue {
    jobs: mpsc::Sender<Job>,
    measures: Arc<Measures>,
}

/// Ends when every handle to the engine is gone; what was queued by then is written.
pub struct WriterThread(JoinHandle<()>);

impl WriterThread {
    pub fn join(self) {
        // A panic of the thread has been reported by the panic hook already.
        let _ = self.0.join();
    }
}

impl Queue {
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Work<'_, '_>) -> Result<T, RecordError> + Send + 'static,
    ) -> Result<T, RecordError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |inner| {
            let made = inner.run(work);
            let finish: Finish = Box::new(move |committed| {
                // Whoever asked may have gone; the commit stands all the same.
                let _ = reply.send(committed.and(made));
            });
            finish
        });
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                self.measures.count(|counters| counters.jobs_refused += 1);
                RecordError::Busy
            }
            mpsc::error::TrySendError::Closed(_) => RecordError::Stopping,
        })?;
        answer.await.map_err(|_| RecordError::Stopping)?
    }

    pub(super) fn waiting(&self) -> Bounded {
        Bounded { now: self.jobs.max_capacity() - self.jobs.capacity(), most: self.jobs.max_capacity() }
    }
}

pub(super) fn start(
    mut recorder: Recorder,
    clock: Clock,
    owed: Arc<Notify>,
) -> (Queue, watch::Receiver<u64>, WriterThread) {
    let (jobs, mut waiting) = mpsc::channel(QUEUE_MAX);
    let (commits, committed) = watch::channel(0_u64);
    let measures = recorder.measures();
    let queue = Queue { jobs, measures: Arc::clone(&measures) };
    let thread = std::thread::spawn(move || {
        let mut group: Vec<Job> = Vec::with_capacity(GROUP_MAX);
        while waiting.blocking_recv_many(&mut group, GROUP_MAX) > 0 {
            let begun = Instant::now();
            // Whoever waits for a commit asks by a job of its own: woken by that, it would never rest.
            if recorder.commit(group.drain(..), clock.reading()) {
                commits.send_modify(|count| *count += 1);
            }
            measures.committed(begun.elapsed());
            if recorder.take_owes() {
                owed.notify_one();
            }
        }
    });
    (queue, committed, WriterThread(thread))
}
