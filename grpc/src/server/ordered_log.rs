//! `LogService`.

use super::frontend::Frontend;
use super::service;
use crate::proto;
use crate::proto::log_service_server::LogService;

service! {
    LogService {
        append: AppendLogRequest, AppendLog => AppendLogResponse;
        read: ReadLogRequest, ReadLog => ReadLogResponse;
        pop: PopLogRequest, PopLog => PopLogResponse;
        trim: TrimLogRequest, TrimLog => TrimLogResponse;
        delete: DeleteLogRequest, DeleteLog => DeleteLogResponse;
        list: ListLogsRequest, ListLogs => ListLogsResponse;
    }
}
