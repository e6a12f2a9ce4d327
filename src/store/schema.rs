//! The tables for diesel; must match `migrations/`.

diesel::table! {
    providers (id) {
        id -> Integer,
        name -> Text,
        kind -> Text,
        base_url -> Nullable<Text>,
        api_key_env -> Nullable<Text>,
        is_active -> Bool,
        settings -> Text,
        origin -> Text,
        file_digest -> Nullable<Text>,
        updated_at_us -> BigInt,
        sealed -> Nullable<Binary>,
        file_destination -> Nullable<Text>,
    }
}

diesel::table! {
    deleted_entries (kind, name) {
        kind -> Text,
        name -> Text,
        file_digest -> Text,
    }
}

diesel::table! {
    spent_ids (kind) {
        kind -> Text,
        id -> Integer,
    }
}

diesel::table! {
    models (id) {
        id -> Integer,
        provider_id -> Integer,
        name -> Text,
        display_name -> Nullable<Text>,
        description -> Nullable<Text>,
        remote_identifier -> Nullable<Text>,
        is_active -> Bool,
        default_params -> Text,
        config -> Text,
        rate_limit -> Nullable<Text>,
        local_path -> Nullable<Text>,
        download_uri -> Nullable<Text>,
        origin -> Text,
        file_digest -> Nullable<Text>,
        updated_at_us -> BigInt,
    }
}

diesel::table! {
    model_tags (model_id, tag) {
        model_id -> Integer,
        tag -> Text,
    }
}

diesel::table! {
    invocations (id) {
        id -> BigInt,
        request_id -> Text,
        started_at_us -> BigInt,
        endpoint -> Text,
        requested -> Text,
        provider_id -> Nullable<Integer>,
        provider_name -> Nullable<Text>,
        model_id -> Nullable<Integer>,
        model_name -> Nullable<Text>,
        tags -> Nullable<Text>,
        provider_key -> Nullable<Integer>,
        api_key -> Nullable<Text>,
        is_stream -> Bool,
        status -> Text,
        http_status -> Integer,
        error_code -> Nullable<Text>,
        error_message -> Nullable<Text>,
        finish_reason -> Nullable<Text>,
        prompt_tokens -> Nullable<BigInt>,
        completion_tokens -> Nullable<BigInt>,
        cached_tokens -> Nullable<BigInt>,
        cache_write_tokens -> Nullable<BigInt>,
        reasoning_tokens -> Nullable<BigInt>,
        total_tokens -> Nullable<BigInt>,
        cost_nano_usd -> Nullable<BigInt>,
        ttft_us -> Nullable<BigInt>,
        duration_us -> BigInt,
        attempts -> Integer,
        route -> Nullable<Text>,
        api_key_id -> Nullable<Integer>,
        bodies_dropped -> Nullable<Text>,
    }
}

diesel::table! {
    invocation_bodies (invocation_id) {
        invocation_id -> BigInt,
        request -> Binary,
        response -> Binary,
        is_truncated -> Bool,
    }
}

diesel::table! {
    events (id) {
        id -> BigInt,
        at_us -> BigInt,
        kind -> Text,
        subject -> Text,
        actor -> Text,
        summary -> Text,
        before_json -> Nullable<Text>,
        after_json -> Nullable<Text>,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Integer,
        name -> Text,
        prefix -> Text,
        digest -> Text,
        previous_digest -> Nullable<Text>,
        previous_until_us -> Nullable<BigInt>,
        role -> Text,
        origin -> Text,
        is_active -> Bool,
        rules -> Text,
        expires_at_us -> Nullable<BigInt>,
        revoked_at_us -> Nullable<BigInt>,
        file_digest -> Nullable<Text>,
        created_at_us -> BigInt,
        updated_at_us -> BigInt,
    }
}

diesel::table! {
    sessions (token_digest) {
        token_digest -> Text,
        api_key_id -> Integer,
        created_at_us -> BigInt,
        expires_at_us -> BigInt,
        provider_name -> Nullable<Text>,
        model_name -> Nullable<Text>,
    }
}

diesel::table! {
    key_spend (api_key_id, day) {
        api_key_id -> Integer,
        day -> Text,
        requests -> BigInt,
        tokens -> BigInt,
        cost_nano_usd -> BigInt,
        generation -> BigInt,
    }
}

diesel::table! {
    changes (subject) {
        subject -> Text,
        generation -> BigInt,
    }
}

diesel::table! {
    policy (id) {
        id -> Integer,
        text -> Text,
        updated_at_us -> BigInt,
    }
}

diesel::table! {
    set_aside (id) {
        id -> BigInt,
        at_us -> BigInt,
        stream -> Text,
        reference -> Text,
        reason -> Text,
        record -> Text,
    }
}

diesel::joinable!(models -> providers (provider_id));
diesel::joinable!(model_tags -> models (model_id));
diesel::allow_tables_to_appear_in_same_query!(
    providers,
    models,
    model_tags,
    invocations,
    invocation_bodies
);
