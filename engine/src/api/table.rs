//! What is generated from the table of operations ([`super::operations`]).
//!
//! Codes are wire format. They are never changed and never reused; a retired operation keeps its number as a comment.
//! Whatever must exist once for each operation, or must be decided once for each, is generated from its row, so that nothing
//! can be forgotten: a row without one of its words does not compile.

/// What is generated from the table. The words of a row, in this order:
///
/// ```text
/// code Name(Request) -> Response, "gRPC service/method":
///     kind effect answer, right of scope, cost, rows seen, state, durability;
/// ```
///
/// | Word | Type | In brackets |
/// |---|---|---|
/// | kind, effect, answer | [`OpKind`](super::OpKind), [`Effect`](super::Effect), [`AnswerSize`](super::AnswerSize) | |
/// | right, scope | [`Right`](super::Right), [`Scope`](super::Scope) | |
/// | cost | [`Cost`](super::Cost); `Own` = the request's own method tells | the field that counts items |
/// | rows | `Seen`: it looks at rows of vectors or metadata in memory, or holds a snapshot for such reads; `Unseen`; `Inner` | the read inside |
/// | state | `Newest`; `At` a held snapshot; `Inner` | the field that names it; the read inside |
/// | durable | `Asked`, `Always`, `Nothing` is written | the field that asks |
macro_rules! operations {
    (($d:tt) $(
        $(#[doc = $doc:literal])*
        $code:literal $name:ident($request:ident) -> $response:ident, $method:literal:
            $kind:ident $effect:ident $answer:ident, $right:ident of $scope:ident, $cost:ident $(($counted:ident))?,
            rows $rows:ident $(($rows_of:ident))?, state $state:ident $(($state_of:ident))?,
            durable $durable:ident $(($durability:ident))?;
    )*) => {
        /// The code of an operation, as on the wire.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum OpCode {
            $($(#[doc = $doc])* $name = $code,)*
        }

        impl OpCode {
            /// Every operation, in numeric order.
            pub const ALL: &[OpCode] = &[$(OpCode::$name),*];

            /// The operation with this code.
            pub fn from_number(number: u16) -> Result<OpCode> {
                match number {
                    $($code => Ok(OpCode::$name),)*
                    _ => Err(Error::new(
                        ErrorCode::UnknownOperation,
                        format!("operation {number} is unknown to this version; ask for the capabilities"),
                    )),
                }
            }

            /// The code as on the wire.
            pub fn number(self) -> u16 {
                self as u16
            }

            /// The name as in this table.
            pub fn name(self) -> &'static str {
                match self { $(OpCode::$name => stringify!($name),)* }
            }

            /// What it does, in a sentence.
            pub fn summary(self) -> &'static str {
                match self { $(OpCode::$name => concat!($($doc),*).trim_ascii(),)* }
            }

            /// The names of its request and of its answer.
            pub fn types(self) -> (&'static str, &'static str) {
                match self { $(OpCode::$name => (stringify!($request), stringify!($response)),)* }
            }

            /// What carries it out.
            pub fn kind(self) -> OpKind {
                match self { $(OpCode::$name => OpKind::$kind,)* }
            }

            /// What it does to what is stored.
            pub fn effect(self) -> Effect {
                match self { $(OpCode::$name => Effect::$effect,)* }
            }

            /// The right that its caller needs.
            pub fn right(self) -> Right {
                match self { $(OpCode::$name => Right::$right,)* }
            }

            /// What it is about, and so which namespaces its caller must be allowed.
            pub fn scope(self) -> Scope {
                match self { $(OpCode::$name => Scope::$scope,)* }
            }

            /// The gRPC method that carries it out: `/toondb.v1.<service>/<method>`.
            pub fn method(self) -> &'static str {
                match self { $(OpCode::$name => concat!("/toondb.v1.", $method),)* }
            }

            /// Whether it can read at a held snapshot.
            pub fn reads_at_snapshot(self) -> bool {
                match self { $(OpCode::$name => word!(at $state),)* }
            }

            /// How large its answer may be.
            pub fn answer(self) -> AnswerSize {
                match self { $(OpCode::$name => AnswerSize::$answer,)* }
            }
        }

        /// A request of any operation.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Request {
            $($(#[doc = $doc])* $name($request),)*
        }

        /// A response of any operation.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Response {
            $($(#[doc = $doc])* $name($response),)*
        }

        impl Request {
            /// The operation.
            pub fn code(&self) -> OpCode {
                match self { $(Request::$name(_) => OpCode::$name,)* }
            }

            /// About how long it keeps a thread.
            pub fn cost(&self) -> Cost {
                match self { $(Request::$name(request) => word!(request cost $cost $(($counted))?),)* }
            }

            /// True for a read that looks at rows of vectors or metadata in memory, or takes a snapshot for such reads.
            pub fn sees_rows(&self) -> bool {
                match self { $(Request::$name(request) => word!(request rows $rows $(($rows_of))?),)* }
            }

            /// The held snapshot that it reads at.
            pub fn snapshot(&self) -> Option<CommitSeq> {
                match self { $(Request::$name(request) => word!(request state $state $(($state_of))?),)* }
            }

            /// How durable what it writes is to be when it is answered.
            pub fn durability(&self) -> Durability {
                match self { $(Request::$name(request) => word!(request durable $durable $(($durability))?),)* }
            }

            /// Checks limits and the request's own consistency; the engine calls it once for every request.
            pub fn validate(&self) -> Result<()> {
                match self { $(Request::$name(request) => request.validate(),)* }
            }

            /// Reads the arguments of the operation `code` from any serde format.
            pub fn deserialize<'de, D: Deserializer<'de>>(code: OpCode, deserializer: D) -> Result<Self, D::Error> {
                match code { $(OpCode::$name => $request::deserialize(deserializer).map(Request::$name),)* }
            }
        }

        impl Serialize for Request {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Request::$name(request) => request.serialize(serializer),)* }
            }
        }

        impl Response {
            /// The operation.
            pub fn code(&self) -> OpCode {
                match self { $(Response::$name(_) => OpCode::$name,)* }
            }

            /// What it says, if that is nothing but that something was written.
            pub(crate) fn written(&self) -> Option<&Written> {
                match self { $(Response::$name(response) => (response as &dyn std::any::Any).downcast_ref(),)* }
            }

            /// Reads the response of the operation `code` from any serde format.
            pub fn deserialize<'de, D: Deserializer<'de>>(code: OpCode, deserializer: D) -> Result<Self, D::Error> {
                match code { $(OpCode::$name => $response::deserialize(deserializer).map(Response::$name),)* }
            }
        }

        impl Serialize for Response {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Response::$name(response) => response.serialize(serializer),)* }
            }
        }

        /// Hands the name of every operation, its request and its response to a macro.
        macro_rules! with_types {
            ($d callback:ident) => { $d callback!($($name $request $response)*); };
        }
        pub(super) use with_types;

        /// Hands every operation with its kind to a macro: `callback!(arguments: Admin Ping Admin Capabilities ...)`.
        #[macro_export]
        macro_rules! with_operations {
            ($d callback:ident $d ($d arguments:tt)*) => { $d callback!($d ($d arguments)*: $($kind $name)*) };
        }
    };
}

/// What a word of a row says of a request.
macro_rules! word {
    (at Newest) => {
        false
    };
    (at At) => {
        true
    };
    (at Inner) => {
        true
    };
    ($request:ident cost Short) => {{
        let _ = $request;
        Cost::Short
    }};
    ($request:ident cost Items($field:ident)) => {
        Cost::Items($request.$field.len())
    };
    ($request:ident cost Limited($field:ident)) => {
        Cost::limited($request.$field)
    };
    ($request:ident cost Brief) => {{
        let _ = $request;
        Cost::Brief
    }};
    ($request:ident cost Long) => {{
        let _ = $request;
        Cost::Long
    }};
    ($request:ident cost Own) => {
        $request.cost()
    };
    ($request:ident rows Seen) => {{
        let _ = $request;
        true
    }};
    ($request:ident rows Unseen) => {{
        let _ = $request;
        false
    }};
    ($request:ident rows Inner($field:ident)) => {
        $request.$field.sees_rows()
    };
    ($request:ident state Newest) => {{
        let _ = $request;
        None
    }};
    ($request:ident state At($field:ident)) => {
        $request.$field
    };
    ($request:ident state Inner($field:ident)) => {
        $request.$field.snapshot()
    };
    ($request:ident durable Asked($field:ident)) => {
        $request.$field
    };
    ($request:ident durable Always) => {{
        let _ = $request;
        Durability::Durable
    }};
    ($request:ident durable Nothing) => {{
        let _ = $request;
        Durability::Durable
    }};
}

pub(super) use {operations, word};
