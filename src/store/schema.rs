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
    targets (id) {
        id -> Integer,
        provider_id -> Integer,
        provider_name -> Text,
        model_id -> Integer,
        model_name -> Text,
        tags -> Text,
    }
}

diesel::table! {
    callers (id) {
        id -> Integer,
        api_key_id -> Integer,
        name -> Text,
    }
}

diesel::table! {
    errors (id) {
        id -> Integer,
        code -> Text,
        http_status -> Integer,
    }
}

diesel::table! {
    endpoints (id) {
        id -> Integer,
        name -> Text,
    }
}

diesel::table! {
    prices (id) {
        id -> Integer,
        prompt -> BigInt,
        cached -> BigInt,
        cache_write -> BigInt,
        completion -> BigInt,
        reasoning -> BigInt,
        source -> Text,
        as_of -> Text,
    }
}

diesel::table! {
    call_writers (id) {
        id -> Integer,
        name -> Text,
        summed_to_id -> BigInt,
        at_us -> BigInt,
    }
}

diesel::table! {
    invocations (id) {
        id -> BigInt,
        started_at_us -> BigInt,
        model_id -> Nullable<Integer>,
        target_id -> Nullable<Integer>,
        api_key_id -> Nullable<Integer>,
        caller_id -> Integer,
        writer_id -> Integer,
        request_id -> Binary,
        requested -> Nullable<Text>,
        endpoint_id -> Integer,
        flags -> Integer,
        status -> Integer,
        http_status -> Integer,
        error_id -> Nullable<Integer>,
        finish_reason -> Nullable<Text>,
        attempts -> Integer,
        provider_key -> Nullable<Integer>,
        prompt_tokens -> Nullable<BigInt>,
        completion_tokens -> Nullable<BigInt>,
        cached_tokens -> Nullable<BigInt>,
        cache_write_tokens -> Nullable<BigInt>,
        reasoning_tokens -> Nullable<BigInt>,
        total_tokens -> Nullable<BigInt>,
        cost_nano_usd -> Nullable<BigInt>,
        price_id -> Nullable<Integer>,
        duration_us -> BigInt,
        ttft_us -> Nullable<BigInt>,
        router_us -> Nullable<BigInt>,
        wait_us -> Nullable<BigInt>,
        session_id -> Nullable<Binary>,
    }
}

diesel::table! {
    invocation_texts (invocation_id) {
        invocation_id -> BigInt,
        error_message -> Nullable<Text>,
        prompt -> Nullable<Text>,
        answer -> Nullable<Text>,
        prompt_length -> Nullable<BigInt>,
        answer_length -> Nullable<BigInt>,
    }
}

diesel::table! {
    invocation_traces (invocation_id) {
        invocation_id -> BigInt,
        trace -> Binary,
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
    invocations_before (id) {
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
    invocation_bodies_before (invocation_id) {
        invocation_id -> BigInt,
        request -> Binary,
        response -> Binary,
        is_truncated -> Bool,
    }
}

diesel::table! {
    sums (view, grain, bucket, a, b, status) {
        view -> Integer,
        grain -> Integer,
        bucket -> BigInt,
        a -> Integer,
        b -> Integer,
        status -> Integer,
        calls -> BigInt,
        retried -> BigInt,
        estimated -> BigInt,
        unpriced -> BigInt,
        priced -> BigInt,
        prompt_tokens -> BigInt,
        completion_tokens -> BigInt,
        cached_tokens -> BigInt,
        cache_write_tokens -> BigInt,
        reasoning_tokens -> BigInt,
        total_tokens -> BigInt,
        cost_nano_usd -> BigInt,
        duration_us -> BigInt,
        router_us -> BigInt,
        router_calls -> BigInt,
        streamed_tokens -> BigInt,
        streamed_us -> BigInt,
        max_duration_us -> BigInt,
        max_cost_nano_usd -> BigInt,
        max_tokens -> BigInt,
        durations -> Binary,
        first_tokens -> Binary,
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
    response_items (api_key_id, id, response_id) {
        api_key_id -> Integer,
        id -> Text,
        response_id -> Text,
    }
}

diesel::table! {
    responses (api_key_id, id) {
        api_key_id -> Integer,
        id -> Text,
        previous_id -> Nullable<Text>,
        created_at_us -> BigInt,
        expires_at_us -> BigInt,
        input -> Text,
        response -> Text,
    }
}

diesel::table! {
    retention (id) {
        id -> Integer,
        highest_id -> BigInt,
        calls_until_us -> BigInt,
        bodies_until_us -> BigInt,
        seen_us -> BigInt,
        doubted_us -> Nullable<BigInt>,
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
    invocation_bodies,
    invocation_texts,
    invocation_traces,
    targets,
    callers,
    errors,
    endpoints,
    prices
);
diesel::allow_tables_to_appear_in_same_query!(response_items, responses);
diesel::joinable!(invocations -> targets (target_id));
diesel::joinable!(invocations -> callers (caller_id));
diesel::joinable!(invocations -> errors (error_id));
diesel::joinable!(invocations -> endpoints (endpoint_id));
diesel::joinable!(invocations -> prices (price_id));
diesel::joinable!(invocation_texts -> invocations (invocation_id));
diesel::joinable!(invocation_traces -> invocations (invocation_id));
