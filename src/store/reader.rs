//! The small pool of connections that read. They cannot write, whatever a query says.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error, Pool};

use super::database::{Connection, Database, FileId, StoreError};

const CONNECTIONS: u32 = 4;
const WAIT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Reader {
    pool: Pool<ConnectionManager<Connection>>,
    database: Database,
    /// The one that is read.
    file: Option<FileId>,
}

impl Reader {
    /// # Errors
    /// When the pool cannot be built.
    pub fn open(database: &Database) -> Result<Self, StoreError> {
        let pool = Pool::builder()
            .max_size(CONNECTIONS)
            .min_idle(Some(0))
            .connection_timeout(WAIT)
            .connection_customizer(Box::new(ReadOnly))
            .build(ConnectionManager::new(database.path()))
            .map_err(|error| StoreError::Pool(error.to_string()))?;
        Ok(Self { pool, database: database.clone(), file: database.file() })
    }

    /// Runs a query. Blocks: call it on a thread that may.
    ///
    /// # Errors
    /// What the query says, or that no connection came free within 5 s.
    pub fn read<T>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.database.refuse_other(self.file)?;
        let mut connection =
            self.pool.get().map_err(|error| StoreError::Pool(error.to_string()))?;
        query(&mut connection)
    }
}

#[derive(Debug)]
struct ReadOnly;

impl CustomizeConnection<Connection, Error> for ReadOnly {
    fn on_acquire(&self, connection: &mut Connection) -> Result<(), Error> {
        connection
            .batch_execute("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;")
            .map_err(Error::QueryError)
    }
}
