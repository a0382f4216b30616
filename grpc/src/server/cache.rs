//! `SemanticCacheService`.

use super::frontend::Frontend;
use super::service;
use crate::proto;
use crate::proto::semantic_cache_service_server::SemanticCacheService;

service! {
    SemanticCacheService {
        get: SemanticCacheGetRequest, CacheGet => SemanticCacheGetResponse;
        put: SemanticCachePutRequest, CachePut => SemanticCachePutResponse;
        invalidate: SemanticCacheInvalidateRequest, CacheInvalidate => SemanticCacheInvalidateResponse;
        get_stats: SemanticCacheStatsRequest, CacheStatsRequest => SemanticCacheStatsResponse;
    }
}
